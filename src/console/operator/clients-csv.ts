import type { Client } from '../../keys/client-registry.js'
import { csvText } from '../stats/files.js'
import { type ClientActivity, shownSharedRows } from './activity.js'
import type { KnownClients } from './client.js'

const clientColumns = [
  'public_key',
  'name',
  'status',
  'from',
  'to',
  'sessions',
  'sessions_before',
  'calls',
  'calls_before',
  'errors',
  'errors_before',
] as const

/**
 * `clients.csv`: a client a line, RFC 4180; the 30 UTC days from `from` to `to`, and the 30 before. `status`: `official`,
 * `retired`, `registered`, `unregistered` or `reserved` (a row that stands for no client).
 */
export function clientsCsv(
  activities: readonly ClientActivity[],
  known: KnownClients,
  { from, to }: { from: string; to: string },
): string {
  const lines = activities.map(({ publicKey, recent, before }) => {
    const client = known.get(publicKey)
    return [
      ...[publicKey, client?.name ?? '', statusOf(publicKey, client), from, to],
      ...[recent.sessions, before.sessions, recent.calls, before.calls, recent.errors, before.errors],
    ]
  })
  return csvText([clientColumns, ...lines])
}

function statusOf(publicKey: string, client: Client | undefined): string {
  if (!client) return shownSharedRows.includes(publicKey) ? 'reserved' : 'unregistered'
  if (client.retiredAtMs !== undefined) return 'retired'
  return client.official === true ? 'official' : 'registered'
}
