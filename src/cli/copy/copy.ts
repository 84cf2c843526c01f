import { kindOf } from '../../storage/paths.js'
import { Failure, number, reason, say, table, UsageError, write, writeJson } from '../output.js'
import { openStore, parseAddress } from '../store-address.js'
import { copyRecords, countRecords, foreignNames, heartbeatMs, type Side, sideOf, silentMs } from './copy-records.js'
import { Progress } from './progress.js'
import { prove } from './proof.js'

interface CopyOptions {
  from: string
  to: string
  fromPrefix?: string
  toPrefix?: string
  overwrite?: boolean
  json?: boolean
}

export async function copy(options: CopyOptions): Promise<void> {
  const [from, to] = [parseAddress(options.from), parseAddress(options.to)]
  if (from.target === to.target && options.fromPrefix === options.toPrefix) {
    throw new UsageError('Both addresses are the same store.')
  }
  await using source = await openStore(from, { prefix: options.fromPrefix })
  await using target = await openStore(to, { prefix: options.toPrefix, mayCreate: true })
  const sides = { from: sideOf(source.keyv), to: sideOf(target.keyv) }
  try {
    await copySide(sides, options)
  } finally {
    sides.from.store.close()
    sides.to.store.close()
  }
}

async function copySide({ from, to }: { from: Side; to: Side }, options: CopyOptions): Promise<void> {
  say('Servers must be stopped until they use the other store: what they count meanwhile stays behind.')
  const silentForMs = await silentMs(from)
  if (silentForMs < heartbeatMs) {
    say(`A server seems to run on the source: it wrote ${Math.round(silentForMs / 1_000)} s ago.`)
  }
  if (!from.keyv.iterator)
    say('The source cannot list its records, so its sessions cannot be copied: players log in again.')
  say('Looking through both stores.')
  const counts = await countRecords(from)
  if (counts.size === 0) throw new Failure('The source holds nothing of clientele. Is its prefix right?')
  await refuseForeign(from, to, options.overwrite === true)

  const total = [...counts.values()].reduce((sum, count) => sum + count)
  const progress = new Progress('records:', total)
  const written = await copyRecords(from, to, (records) => progress.add(records)).catch((error) => {
    throw new Failure(`The copy was cut: ${reason(error)} Run it again; it goes on where it was.`)
  })
  progress.end()

  const proof = await prove(from.keyv, to.keyv)
  const rows = kindRows(counts, await countRecords(to))
  const uneven = rows.filter(([kind, source, target]) => source !== target && kind !== 'session')
  const same = proof.different.length === 0 && uneven.length === 0
  if (options.json) {
    const kinds = Object.fromEntries(rows.map(([kind, source, target]) => [kind, { source, target }]))
    writeJson({ same, records: total, written, kinds, ...proof })
  } else {
    write(table(['RECORDS', 'SOURCE', 'TARGET'], rows))
    write(`\n${number(written)} of ${number(total)} records were written; the others were there already.`)
  }
  if (!same) throw new Failure(sayDifferent(proof.different, uneven))
  if (!options.json) {
    write(
      `Both stores read the same: the reports of ${number(proof.clients)} clients, of the past 30 days and of all time.`,
    )
  }
}

type KindRow = [kind: string, source: number, target: number]

function kindRows(source: Map<string, number>, target: Map<string, number>): KindRow[] {
  const kinds = [...new Set([...source.keys(), ...target.keys()])].sort()
  return kinds.map((kind) => [kind, source.get(kind) ?? 0, target.get(kind) ?? 0])
}

function sayDifferent(different: string[], uneven: KindRow[]): string {
  const clients = different.length > 0 ? ` The numbers of ${different.join(', ')} differ.` : ''
  const kinds = uneven.length > 0 ? ` Not as many records of: ${uneven.map(([kind]) => kind).join(', ')}.` : ''
  return `The stores do not read the same.${clients}${kinds} Is a server still running? Stop it, and run the copy again.`
}

/** What only the target has would be counted on top of what is copied. */
async function refuseForeign(from: Side, to: Side, overwrite: boolean): Promise<void> {
  for await (const names of foreignNames(from, to)) {
    if (!overwrite) {
      throw new Failure(
        `The target holds records that the source does not have (of the kind "${kindOf(names[0] ?? '')}", among others), so nothing was copied. With --overwrite they are deleted.`,
      )
    }
    await to.store.delete(names)
  }
}
