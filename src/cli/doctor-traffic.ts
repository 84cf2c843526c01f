import { readProtocols } from '../gateway/config.js'
import { careful } from '../middleware/careful-protocol.js'
import type { Protocol } from '../protocols/protocol.js'
import { valuesOfRequest } from './carried.js'
import { Failure, say, table, write, writeJson } from './output.js'
import { type Exchange, readTraffic } from './traffic.js'
import { type Outcome, type Seen, sentPublicKey, tryProtocol } from './try-protocol.js'
import { isMissing, wrongIn } from './wrong-places.js'

export interface TrafficOptions {
  protocol: string
  traffic: string
  json?: boolean
}

const words: Record<Outcome, string> = {
  'session learned': 'session learned',
  'no session': 'no session',
  refused: 'refused by the game',
  'answer missing': 'its answer is not in the file',
  'needs no session': 'has no session, as the protocol says',
  'in a session': 'in a session of a login here',
  'session renewed': 'in a session of a login here, under a new id from now on',
  'in an unknown session': 'in a session that no login here handed out',
  'in no session': 'in no session',
  'not read': 'could not be read',
  'no call': 'no call of the protocol',
}

/** Says what a protocol sees in recorded traffic. No value of the traffic is shown: no key, session id, player or password. */
export async function doctorTraffic({ protocol: file, traffic, json = false }: TrafficOptions): Promise<void> {
  let thrown = 0
  const protocols = (await readProtocols(file)).map((one): Protocol => careful(one, () => void thrown++))
  const exchanges = await readTraffic(traffic)
  const all = tryProtocol(protocols, exchanges)
  const named = namer(exchanges)
  const wrong = wrongIn(all, named)
  if (thrown > 0)
    wrong.unshift({ says: `A function of the protocol threw ${thrown} ${thrown === 1 ? 'time' : 'times'}.` })
  const summary = summaryOf(all)
  const verdict = verdictOf(
    all,
    wrong.some(({ feature }) => feature !== undefined),
    thrown,
  )
  if (json) {
    const calls = all.map((seen) => jsonOf(seen, named))
    writeJson({ protocol: file, traffic, learnsAll: verdict === undefined, calls, summary, wrong })
  } else {
    write(tableOf(all, named))
    write(`\n${sentences(summary).join('\n')}`)
    if (wrong.length > 0) write(`\nWhat looks wrong:\n${wrong.map(({ says }) => `- ${says}`).join('\n')}`)
    if (verdict === undefined) write('\nEvery login that went well showed its session.')
    else say(`\n${verdict}`)
  }
  if (verdict !== undefined) throw new Failure('')
}

function verdictOf(all: readonly Seen[], isWrong: boolean, thrown: number): string | undefined {
  const learned = new Set(
    all.flatMap(({ call, outcome }) => (outcome === 'session learned' && call ? [call.feature] : [])),
  )
  const isBlind = all.some(({ call, outcome }) => isMissing(outcome) && !learned.has(call?.feature ?? ''))
  if (isBlind || isWrong || thrown > 0) return 'This protocol does not see every session.'
  return learned.size === 0 ? 'No login here went well, so that nothing is proved.' : undefined
}

function tableOf(all: readonly Seen[], named: (text: string) => string): string {
  const head = ['', 'METHOD', 'ADDRESS', 'FEATURE', 'KIND', 'PUBLIC KEY', 'OUTCOME']
  return table(
    head,
    all.map((seen) => {
      const { entry, method, address, feature = '', kind, publicKey = '' } = jsonOf(seen, named)
      return [String(entry), method, address, feature, kind, publicKey, outcomeOf(seen)]
    }),
  )
}

function outcomeOf({ call, outcome, place, failed, isStray }: Seen): string {
  const isPlaced = place !== undefined && (outcome === 'session learned' || outcome === 'no session')
  const stray = isStray ? '; answered with a session id, and no login' : ''
  const error = failed && call && !call.createsSession ? '; answered with an error' : ''
  return `${words[outcome]}${isPlaced ? ` at ${place}` : ''}${stray}${error}`
}

function jsonOf(seen: Seen, named: (text: string) => string) {
  const { at, call, exchange, outcome, place, failed, isStray } = seen
  const { method, path } = exchange.request
  // A route has the names of its parts where the address has values.
  const [, route] = /^[A-Z]+ (\/.*)$/.exec(call?.feature ?? '') ?? []
  const publicKey = sentPublicKey(seen)
  return {
    entry: at + 1,
    method: named(method),
    address: route ?? named(path),
    // What the maintainer wrote is shown as it is.
    ...(call && { feature: route === undefined ? named(call.feature) : call.feature }),
    kind: call ? (call.createsSession ? 'login' : 'call') : 'request',
    ...(publicKey !== undefined && { publicKey }),
    outcome,
    ...(place !== undefined && { place }),
    failed,
    ...(isStray && { stray: true }),
  }
}

function summaryOf(all: readonly Seen[]) {
  const count = (...outcomes: Outcome[]) => all.filter(({ outcome }) => outcomes.includes(outcome)).length
  return {
    logins: all.filter(({ call }) => call?.createsSession).length,
    sessions: count('session learned'),
    withoutSession: count('no session'),
    refused: count('refused'),
    notRecorded: count('answer missing'),
    needNone: count('needs no session'),
    callsInSessions: count('in a session', 'session renewed'),
    callsInUnknownSessions: count('in an unknown session'),
    callsInNoSession: count('in no session'),
    notRead: count('not read'),
    others: count('no call'),
  }
}

function sentences(sum: ReturnType<typeof summaryOf>): string[] {
  const some = (parts: [number, string][]) => parts.flatMap(([count, text]) => (count > 0 ? `${count} ${text}` : []))
  const ofLogins = some([
    [sum.sessions, 'showed their session'],
    [sum.withoutSession, 'went well and showed none'],
    [sum.refused, 'refused by the game'],
    [sum.notRecorded, 'without an answer in the file'],
    [sum.needNone, 'with none to show, as the protocol says'],
  ])
  const calls = sum.callsInSessions + sum.callsInUnknownSessions + sum.callsInNoSession
  const ofCalls = some([
    [sum.callsInSessions, 'in a session that a login here handed out'],
    [sum.callsInUnknownSessions, 'in one that nobody here handed out'],
    [sum.callsInNoSession, 'in none'],
  ])
  const ofOthers = some([
    [sum.notRead, 'could not be read'],
    [sum.others, 'no call of the protocol'],
  ])
  return [
    `Logins: ${sum.logins}${ofLogins.length > 0 ? `, of which ${ofLogins.join(', ')}` : ''}.`,
    `Calls: ${calls}${ofCalls.length > 0 ? `, ${ofCalls.join(', ')}` : ''}.`,
    ...(ofOthers.length > 0 ? [`Other requests: ${ofOthers.join(', ')}.`] : []),
  ]
}

const plainPart = /^[a-z][\w.-]{0,39}$/i
/** What members and headers are called, whatever else a client sends. */
const harmless =
  /^(x-)?((access|refresh|auth|session|player|user|game|api)[-_]?)?(token|session|sid|auth|login|logout|user|player|game|key|id|name)s?$/i
/** Such members say what a request is about, not whose it is. */
const kinds = /\/(method|action|type|grant_type|response_type|command|version|jsonrpc|op)$/

/** Addresses, members and features, with `…` where something could be an id or a name: all that clients send as values. */
function namer(exchanges: readonly Exchange[]): (text: string) => string {
  const sent = new Set<string>()
  for (const { request } of exchanges) {
    for (const { place, value } of valuesOfRequest(request)) if (!kinds.test(place)) sent.add(value.toLowerCase())
  }
  const isPlain = (part: string) =>
    harmless.test(part) ||
    (plainPart.test(part) &&
      !/\d{3}|_prv_|_pub_/.test(part) &&
      !sent.has(part.toLowerCase()) &&
      !/(?=.*\d)^.{16,}$/.test(part))
  const bare = (part: string) => (part === '' || /^\d{1,2}$/.test(part) || isPlain(part) ? part : '…')
  return (text) =>
    text
      .split(' ')
      .map((word) => word.split('/').map(bare).join('/'))
      .join(' ')
}
