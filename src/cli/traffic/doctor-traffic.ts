import { readProtocols } from '../../gateway/config.js'
import { guardProtocol } from '../../middleware/guarded-protocol.js'
import type { Protocol } from '../../protocols/protocol.js'
import type { Examined } from '../doctor/finding.js'
import { say, table, write } from '../output.js'
import { type PlainWords, plainWords } from './plain-words.js'
import { readTraffic } from './traffic.js'
import { type Outcome, type Seen, sentPublicKey, tryProtocol } from './try-protocol.js'
import { isMissing, type Wrong, wrongIn } from './wrong-places.js'

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
export async function doctorTraffic({ protocol: file, traffic, json = false }: TrafficOptions): Promise<Examined> {
  let thrown = 0
  const protocols = (await readProtocols(file)).map((one): Protocol => guardProtocol(one, () => void thrown++))
  const exchanges = await readTraffic(traffic)
  const all = tryProtocol(protocols, exchanges)
  const plain = plainWords(exchanges)
  const wrong = wrongIn(all, plain)
  if (thrown > 0)
    wrong.unshift({ says: `A function of the protocol threw ${thrown} ${thrown === 1 ? 'time' : 'times'}.` })
  const summary = summaryOf(all)
  const { isGood, says } = verdictOf(all, wrong, thrown)
  if (json) {
    const calls = all.map((seen) => jsonOf(seen, plain))
    return { isGood, told: { protocol: file, traffic, learnsAll: isGood, calls, summary, wrong } }
  }
  write(tableOf(all, plain))
  write(`\n${sentences(summary).join('\n')}`)
  if (wrong.length > 0) write(`\nWhat looks wrong:\n${wrong.map((one) => `- ${one.says}`).join('\n')}`)
  const tell = isGood ? write : say
  tell(`\n${says}`)
  return { isGood }
}

function verdictOf(all: readonly Seen[], wrong: readonly Wrong[], thrown: number): { isGood: boolean; says: string } {
  const learned = new Set(
    all.flatMap(({ call, outcome }) => (outcome === 'session learned' && call ? [call.feature] : [])),
  )
  const missing = all.filter(({ outcome }) => isMissing(outcome))
  const isBlind = missing.some(({ call }) => !learned.has(call?.feature ?? ''))
  if (isBlind || thrown > 0 || wrong.some(({ feature, handsOut }) => feature !== undefined || handsOut)) {
    return { isGood: false, says: 'This protocol does not see every session.' }
  }
  if (learned.size === 0) return { isGood: false, says: 'No login here went well, so that nothing is proved.' }
  // As a game does that answers a wrong password with words of its own and no error.
  const others = missing.length === 1 ? '1 login' : `${missing.length} logins`
  const says =
    missing.length === 0
      ? 'Every login that went well showed its session.'
      : `The other logins showed their sessions. ${others} showed none: that is right if the game refused ${missing.length === 1 ? 'it' : 'them'}.`
  return { isGood: true, says }
}

function tableOf(all: readonly Seen[], plain: PlainWords): string {
  const head = ['', 'METHOD', 'ADDRESS', 'FEATURE', 'KIND', 'PUBLIC KEY', 'OUTCOME']
  return table(
    head,
    all.map((seen) => {
      const { entry, method, address, feature = '', kind, publicKey = '' } = jsonOf(seen, plain)
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

function jsonOf(seen: Seen, plain: PlainWords) {
  const { at, call, exchange, outcome, place, failed, isStray } = seen
  const { method, path } = exchange.request
  // A route has the names of its parts where the address has values.
  const [, route] = /^[A-Z]+ (\/.*)$/.exec(call?.feature ?? '') ?? []
  const publicKey = sentPublicKey(seen)
  return {
    entry: at + 1,
    method: plain.place(method),
    address: route ?? plain.address(path),
    // What the maintainer wrote is shown as it is.
    ...(call && { feature: route === undefined ? plain.place(call.feature) : call.feature }),
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
