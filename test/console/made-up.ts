import { createConsole } from '../../src/console/router.js'
import type { ConsoleParts } from '../../src/console/web/console-parts.js'
import type { Client, UsageReport } from '../../src/index.js'
import type { StoredClients } from '../../src/keys/stored-clients.js'
import { type Answer, ask, noOperator, openSite, type Site } from './harness.js'

/** What the past 30 days, the 30 before and the time before that hold. */
export interface History {
  recent?: UsageReport
  before?: UsageReport
  earlier?: UsageReport
}

const nothing: UsageReport = {
  ...{ publicKey: 'p', from: '2025-10-25', to: '2025-11-23', sessions: 0, calls: 0, errors: 0, players: 0 },
  ...{ sessionsByMethod: {}, features: {}, metrics: {}, refusals: {}, days: [], months: [] },
  crowds: { sessionsByMethod: {}, features: {}, metrics: {}, spans: {} },
}

/** Of so many players that nothing is withheld. */
export const played: UsageReport = {
  ...nothing,
  ...{ sessions: 1204, calls: 91_338, errors: 1000, players: 87, sessionsByMethod: { 'empire.login': 1204 } },
  features: { '(unknown)': { calls: 2, errors: 1 }, '(other)': { calls: 1, errors: 0 } },
  metrics: { gems: 2.5 },
  crowds: {
    sessionsByMethod: { 'empire.login': 64 },
    features: { '(unknown)': 64, '(other)': 64 },
    metrics: { gems: 64 },
    spans: {},
  },
}

function reportOfCalls(calls: Record<string, number>, more: Partial<UsageReport> = {}): UsageReport {
  const names = Object.keys(calls)
  return {
    ...{ ...played, metrics: {}, calls: Object.values(calls).reduce((sum, amount) => sum + amount, 0) },
    features: Object.fromEntries(names.map((name) => [name, { calls: calls[name] ?? 0, errors: 0 }])),
    crowds: { ...played.crowds, features: Object.fromEntries(names.map((name) => [name, 64])) },
    ...more,
  }
}

const many = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`f.${at}`, 10]))
const day = (name: string, players: number) => ({ day: name, sessions: players, calls: players, errors: 0, players })

/** With every trend, more features than are shown at once, and days of too few players. */
const varied: History = {
  recent: reportOfCalls(
    { ...many, 'x.1': 90, 'x.2': 20, 'x.3': 5, 'x.4': 30 },
    { days: [day('2025-11-19', 9), day('2025-11-20', 2), day('2025-11-21', 8), day('2025-11-22', 7)] },
  ),
  before: reportOfCalls({ ...many, 'x.1': 10, 'x.2': 20, 'x.3': 50 }, { sessions: 1000 }),
  earlier: reportOfCalls(many, { sessionsByMethod: { 'empire.login': 1200, 'empire.found': 4 } }),
}
const ofTooFew: History = { recent: { ...played, players: 2, days: [day('2025-11-20', 2)] } }

/** The stats of a client that is made up, at its address with this query. */
export async function statsPage(language: string, history: History, more: object = {}, query = ''): Promise<Answer> {
  const client = { publicKey: 'p', name: 'X', generation: 1, ...more } as Client
  const { recent = nothing, before = nothing, earlier = nothing } = history
  const from = history.earlier ? '2022-01-01' : '2025-10-25'
  const days = [earlier, before, recent].flatMap((report) => report.days)
  const all = { ...nothing, from, days, players: Math.max(recent.players, earlier.players) }
  let asked = 0
  const { origin } = await openConsole({
    registry: { authenticate: async () => client } as unknown as ConsoleParts['registry'],
    // In the order in which the page asks.
    usage: { read: async () => [recent, before, earlier, all][asked++] ?? nothing, readMany: async () => [] },
  })
  const headers = { 'accept-language': language, authorization: 'Bearer x' }
  return ask(origin, `/apikey/stats${query}`, { headers })
}

/** The stats in every state. */
export async function statsPages(language: string): Promise<Answer[]> {
  return [
    await statsPage(language, { recent: played }),
    await statsPage(language, { earlier: played }),
    await statsPage(language, {}, { retiredAtMs: 0 }),
    await statsPage(language, varied),
    await statsPage(language, varied, {}, '?range=365'),
    await statsPage(language, varied, {}, '?range=all'),
    await statsPage(language, ofTooFew),
  ]
}

/** A console with other parts than the server's own. */
export function openConsole(parts: Partial<ConsoleParts>): Promise<Site> {
  return openSite({
    mount(app, { registry, usage }) {
      const secret = async () => 'secret'
      const rest = {
        ...{ secret, example: () => undefined, keyPrefix: 'ck', smallestCrowd: 5, operator: noOperator },
        onError() {},
      }
      app.use(createConsole({ registry: registry as StoredClients, usage, ...rest, ...parts }))
    },
  })
}
