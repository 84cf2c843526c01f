import { createConsole } from '../../src/console/router.js'
import type { OperatorParts } from '../../src/console/web/console-parts.js'
import type { Clientele, UsageReport } from '../../src/index.js'
import type { StoredClients } from '../../src/keys/stored-clients.js'
import type { SummaryRow } from '../../src/usage/recording/shard.js'
import { type Answer, ask, openSite } from './harness.js'

const reasons = ['missing', 'malformed', 'mistyped', 'foreign', 'unknown', 'retired', 'reserved']

/** What every client used: eight features by many, and one by too few. */
function reportOf(publicKey: string): UsageReport {
  const names = Array.from({ length: 8 }, (_, at) => `map.view_${at}`)
  const by = <Value>(value: Value) => Object.fromEntries(names.map((name) => [name, value]))
  return {
    ...{ publicKey, from: '2026-10-25', to: '2026-11-23', sessions: 40, calls: 8_010, errors: 80, players: 30 },
    ...{ sessionsByMethod: { 'empire.login': 40 }, metrics: { gems: 2.5 }, days: [], months: [] },
    features: { ...by({ calls: 1_000, errors: 10 }), 'map.rare': { calls: 10, errors: 0 } },
    crowds: {
      sessionsByMethod: { 'empire.login': 40 },
      features: { ...by(40), 'map.rare': 1 },
      metrics: { gems: 40 },
      spans: {},
    },
    refusals: publicKey === '(refused)' ? Object.fromEntries(reasons.map((reason, at) => [reason, at + 1])) : {},
  }
}

/** A client that did nothing, and a server that refused nobody. */
function nothingOf(publicKey: string): UsageReport {
  const none = {
    sessions: 0,
    calls: 0,
    errors: 0,
    players: 0,
    sessionsByMethod: {},
    features: {},
    metrics: {},
    days: [],
  }
  const crowds = { sessionsByMethod: {}, features: {}, metrics: {}, spans: {} }
  return { publicKey, from: '2026-10-25', to: '2026-11-23', ...none, months: [], refusals: {}, crowds }
}

/** More clients than a page has; the first few were far behind others 30 days ago. */
const many = Array.from({ length: 60 }, (_, at) => `bot ${at}`)
const recent: SummaryRow[] = [
  ...many.map((publicKey, at): SummaryRow => [publicKey, 1_000 - 10 * at, 8_010, 80]),
  ...['anonymous', '(none)', '(unread)', '(other)'].map((publicKey): SummaryRow => [publicKey, 5, 50, 0]),
  ['new', 4, 4, 0],
  ['few', 4, 4, 0],
]
const before: SummaryRow[] = [
  ...many.map((publicKey, at): SummaryRow => [publicKey, at < 8 ? 30 : 9 + 100 * (at % 9), 10, 0]),
  ['few', 3, 4, 0],
]

type Health = ReturnType<OperatorParts['health']>
const well: Health = {
  ...{ store: 'up', waiting: 3, oldestMs: 1_500, dropped: 0, unread: 0, unlearned: 0, growing: false, secret: 'given' },
  lastError: { code: 'store_timeout', at: '2026-11-23T10:00:00.000Z' },
}
const ill: Health = {
  store: 'down',
  waiting: 0,
  oldestMs: 0,
  dropped: 0,
  unread: 0,
  unlearned: 0,
  growing: true,
  secret: 'made',
}

const blindSpots = [
  { feature: 'empire.login', place: '/result/token', logins: 1 },
  { feature: 'POST /session', place: 'header x-session', logins: 1_200 },
]

interface State {
  report?: (publicKey: string) => UsageReport
  rows?: OperatorParts['rows']
  health?: Health
  through?: string
}

/** Every page of the operator's in every state, asked for with these headers. */
export async function operatorPages(headers: Record<string, string>): Promise<Answer[]> {
  const pages: Answer[] = []
  const open = async ({ rows = async () => [], health = well, through, report = reportOf }: State) => {
    const site = await openSite({
      smallestCrowd: 5,
      mount(app, clients: Clientele) {
        const registry = clients.registry as StoredClients
        const parts = {
          ...{ registry, secret: async () => 'secret', example: () => undefined, keyPrefix: 'ck', smallestCrowd: 5 },
          onError() {},
          usage: {
            read: async (publicKey: string) => report(publicKey),
            readMany: async (publicKeys: readonly string[]) => publicKeys.map(report),
          },
          operator: {
            ...{ registry, rows, health: () => health, blindSpots: () => (health === ill ? blindSpots : []) },
            holdings: async () => ({ writers: 2, ...(through !== undefined && { first: '2026-01-01', through }) }),
          },
        }
        app.use(createConsole(parts, { operator: () => true }))
      },
    })
    const visit = async (path: string, form?: Record<string, string>) => {
      const answer = await ask(site.origin, `/apikey/operator${path}`, { headers, ...(form && { form }) })
      pages.push(answer)
      return answer
    }
    return { ...site, visit }
  }

  const empty = await open({ health: ill })
  for (const path of ['', '/features', '/store']) await empty.visit(path)
  await (await open({ health: { ...ill, store: 'starting' } })).visit('/store')
  const broken = await open({ rows: () => Promise.reject(new Error('down')) })
  await broken.visit('')

  const quiet = await open({ report: nothingOf })
  const idle = await quiet.clients.registry.register({ name: 'Idle' })
  for (const path of ['', `/client?public_key=${idle.publicKey}`]) await quiet.visit(path)

  // All that is played with is the game's own.
  const own = await open({ rows: async () => [['bot 1', 40, 8_010, 80]] })
  await own.clients.registry.adopt('bot 1', { name: 'Game', official: true })
  await own.visit('')

  // The past 30 days end today; the 30 before do not.
  const today = new Date().toISOString().slice(0, 10)
  const rows: OperatorParts['rows'] = async (range) =>
    typeof range === 'object' && 'to' in range && range.to === today ? recent : before
  const { visit, clients } = await open({ rows, through: '2026-10' })
  for (const path of ['', '?page=2', '?q=nobody', '/features', '/store']) await visit(path)
  const details = { name: 'Web', url: 'https://client.example', contact: 'me', official: true }
  const { publicKey } = await clients.registry.register(details)
  await clients.registry.adopt('bot 3', { name: 'Game', official: true })
  await visit('?q=Game')
  await visit('/client?public_key=bot+3')
  await visit('/rotate', { public_key: publicKey })
  await visit('/rotate', { public_key: publicKey, sure_rotate: 'yes' })
  await visit('/official', { public_key: publicKey, official: 'no' })
  await visit('/retire', { public_key: publicKey, sure_retire: 'yes' })
  await visit(`/client?public_key=${publicKey}`)
  await visit('?show=all&q=Web')
  for (const reserved of ['anonymous', '(none)', '(unread)', '(other)']) await visit(`/client?public_key=${reserved}`)
  await visit('/adopt', { public_key: 'anonymous', name: 'Mine' })
  await visit('/adopt', { public_key: 'bot 9', name: 'Mine' })
  await visit('/client?public_key=bot+1')
  // A redirect has no page.
  return pages.filter(({ status }) => status !== 303)
}
