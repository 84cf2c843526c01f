import { type KeyvLike, Store, StoreTimeout } from '../../storage/store.js'
import { checkTimeoutMs, fault, good, note, type Outcome } from './finding.js'

/** `down`: a store of the kind in question that cannot be reached. */
export async function checkOutage(down: KeyvLike | undefined): Promise<Outcome> {
  if (!down) return note('Not tried: there is no such store that is down.')
  const calls: [name: string, call: (store: Store) => Promise<unknown>, means: string][] = [
    ['get', (store) => store.get('outage'), 'An outage looks like an unknown API key.'],
    ['getMany', (store) => store.getMany(['outage', 'outage-2']), 'An outage looks like an unknown API key.'],
    ['set', (store) => store.set({ name: 'outage', value: '1' }), 'Counts are lost in an outage without a word.'],
    [
      'setMany',
      (store) => store.setMany([{ name: 'outage', value: '1' }]).then(refuseUnsaved),
      'Counts are lost in an outage without a word.',
    ],
  ]
  for (const [name, call, means] of calls) {
    const store = new Store(down, checkTimeoutMs, () => {})
    try {
      await call(store)
      return fault(`When the store is down, ${name} answers as if nothing were wrong. ${means}`)
    } catch (error) {
      if (error instanceof StoreTimeout) {
        return note(
          `When the store is down, ${name} never answers. Nothing is lost, but each server waits out its storeTimeoutMs.`,
        )
      }
    } finally {
      store.close()
    }
  }
  return good('When the store is down, every call says so.')
}

function refuseUnsaved(saved: boolean[]): void {
  if (saved.includes(false)) throw new Error('It was not confirmed.')
}
