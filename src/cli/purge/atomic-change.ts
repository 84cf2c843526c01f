import { purgePath } from '../../storage/paths.js'
import type { Entry, Store } from '../../storage/store.js'

/** Records that change together. */
export interface Change {
  writes: Entry[]
  deletes: string[]
}

interface Journal {
  /** The names of what is written: the values are beside it, in this order. */
  writes: string[]
  /** How many lists of names to delete come after the values. */
  deletes: number
}

const journal = purgePath('journal')
const namesAtOnce = 500
export const unconfirmed = 'The store did not confirm every record. Run it again; it goes on where it was.'

/**
 * Makes a change whole, or not at all: what is to be written is beside the journal before the journal says so, and whoever finds a
 * journal finishes it. Only absolute values are written, so it does not matter how often.
 */
export async function applyChange(store: Store, { writes, deletes }: Change): Promise<void> {
  const lists: string[][] = []
  for (let start = 0; start < deletes.length; start += namesAtOnce)
    lists.push(deletes.slice(start, start + namesAtOnce))
  const staged = [...writes.map(({ value }) => value), ...lists.map((names) => JSON.stringify(names))]
  await store.setAll(
    staged.map((value, index) => ({ name: purgePath(String(index)), value })),
    unconfirmed,
  )
  const value = JSON.stringify({ writes: writes.map(({ name }) => name), deletes: lists.length } satisfies Journal)
  await store.set({ name: journal, value })
  await finishChange(store)
}

export async function isChangeCut(store: Store): Promise<boolean> {
  return (await store.get(journal)) !== undefined
}

/** Finishes the change that was cut, if there is one. */
export async function finishChange(store: Store): Promise<void> {
  const text = await store.get(journal)
  if (text !== undefined) {
    const { writes, deletes } = JSON.parse(text) as Journal
    const staged = await store.getMany(range(writes.length + deletes).map((index) => purgePath(String(index))))
    const values = staged.map((value) => value ?? '')
    await store.setAll(
      writes.map((name, index) => ({ name, value: values[index] ?? '' })),
      unconfirmed,
    )
    for (const names of values.slice(writes.length)) await store.delete(JSON.parse(names) as string[])
    await store.delete([journal])
  }
  // The first is deleted last, so that whatever is left is found.
  let count = 0
  while ((await store.get(purgePath(String(count)))) !== undefined) count++
  for (const index of range(count).reverse()) await store.delete([purgePath(String(index))])
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
