import type { Health } from '../storage/health.js'
import type { ClientTotals, Totals } from '../usage/recording/live-totals.js'

/** What there is to measure at one moment. */
export interface Snapshot {
  health: Health
  totals: Totals
}

export interface Sample {
  labels: Readonly<Record<string, string>>
  value: number
}

/** One thing that is measured, whichever library carries it. */
export interface Instrument {
  /** As OpenTelemetry writes it; `prometheusName` makes the other. */
  name: string
  help: string
  /** In UCUM, where braces say what is counted. Empty for yes or no: the unit `1` would name a ratio. */
  unit: string
  /** A counter only rises, from 0 at the start of the process. */
  kind: 'counter' | 'gauge'
  labels: readonly string[]
  samples(snapshot: Snapshot): Sample[]
}

/**
 * What is measured. Nothing of it tells of a feature, a method, a player or a session, because scrapes that are seconds apart
 * are told from each other by what one player did between them.
 */
export const instruments: readonly Instrument[] = [
  {
    name: 'clientele.sessions',
    help: 'Sessions that were created.',
    unit: '{session}',
    kind: 'counter',
    labels: ['client'],
    samples: ({ totals }) => byClient(totals, ({ sessions }) => sessions),
  },
  {
    name: 'clientele.calls',
    help: 'Method calls, those that create a session among them.',
    unit: '{call}',
    kind: 'counter',
    labels: ['client'],
    samples: ({ totals }) => byClient(totals, ({ calls }) => calls),
  },
  {
    name: 'clientele.call.errors',
    help: 'Method calls that the game answered with an error.',
    unit: '{call}',
    kind: 'counter',
    labels: ['client'],
    samples: ({ totals }) => byClient(totals, ({ errors }) => errors),
  },
  {
    name: 'clientele.refusals',
    help: 'Session-creating calls that were refused, because of their public key.',
    unit: '{call}',
    kind: 'counter',
    labels: ['reason'],
    samples: ({ totals }) => Object.entries(totals.refusals).map(([reason, value]) => ({ labels: { reason }, value })),
  },
  {
    name: 'clientele.store.state',
    help: 'The state of the store: 1 for the one that it is in, 0 for the others.',
    unit: '',
    kind: 'gauge',
    labels: ['state'],
    samples: ({ health }) =>
      (['starting', 'up', 'down'] as const).map((state) => ({
        labels: { state },
        value: Number(health.store === state),
      })),
  },
  {
    name: 'clientele.store.waiting_records',
    help: 'Records that are not on the store yet.',
    unit: '{record}',
    kind: 'gauge',
    labels: [],
    samples: ({ health }) => one(health.waiting),
  },
  {
    name: 'clientele.store.oldest_waiting',
    help: 'How long the oldest of the waiting records has waited.',
    unit: 's',
    kind: 'gauge',
    labels: [],
    samples: ({ health }) => one(health.oldestMs / 1_000),
  },
  {
    name: 'clientele.store.growing',
    help: '1 if expired records stay in the store, because it can neither drop nor list them.',
    unit: '',
    kind: 'gauge',
    labels: [],
    samples: ({ health }) => one(Number(health.growing)),
  },
  {
    name: 'clientele.bindings.dropped',
    help: 'Session bindings that were given up, because the store was down for too long.',
    unit: '{binding}',
    kind: 'counter',
    labels: [],
    samples: ({ health }) => one(health.dropped),
  },
  {
    name: 'clientele.requests.unread',
    help: 'Requests that nobody could read, and calls that are no logins and were answered with a session id.',
    unit: '{request}',
    kind: 'counter',
    labels: [],
    samples: ({ health }) => one(health.unread),
  },
  {
    name: 'clientele.logins.unlearned',
    help: 'Logins that went well and showed no session where the protocol says it is, or whose answer could not be looked into.',
    unit: '{login}',
    kind: 'counter',
    labels: [],
    samples: ({ health }) => one(health.unlearned),
  },
  {
    name: 'clientele.secret.given',
    help: '1 if the secret was given, 0 if it was made and lies in the store.',
    unit: '',
    kind: 'gauge',
    labels: [],
    samples: ({ health }) => one(Number(health.secret === 'given')),
  },
]

/** What clients are called: `detailsOf` gives what is known of each public key. */
export function clientInfo(
  detailsOf: (publicKeys: string[]) => ({ name: string; official?: boolean } | undefined)[],
): Instrument {
  return {
    name: 'clientele.client.info',
    help: 'Always 1: the name of each client, and whether it is one of the game.',
    unit: '',
    kind: 'gauge',
    labels: ['client', 'name', 'official'],
    samples({ totals }) {
      const publicKeys = totals.clients.map(({ publicKey }) => publicKey)
      const details = detailsOf(publicKeys)
      return publicKeys.map((publicKey, index) => {
        const { name = publicKey, official = false } = details[index] ?? {}
        return { labels: { client: publicKey, name, official: String(official) }, value: 1 }
      })
    },
  }
}

/** `clientele.store.oldest_waiting`, in seconds: `clientele_store_oldest_waiting_seconds`. As collectors translate it, too. */
export function prometheusName({ name, unit, kind }: Pick<Instrument, 'name' | 'unit' | 'kind'>): string {
  return name.replaceAll('.', '_') + (unit === 's' ? '_seconds' : '') + (kind === 'counter' ? '_total' : '')
}

function byClient({ clients }: Totals, count: (client: ClientTotals) => number): Sample[] {
  return clients.map((client) => ({ labels: { client: client.publicKey }, value: count(client) }))
}

function one(value: number): Sample[] {
  return [{ labels: {}, value }]
}
