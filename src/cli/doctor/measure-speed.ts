import type { Store } from '../../storage/store.js'
import { note, type Outcome } from './finding.js'

const rounds = 9

/** In milliseconds, the median. */
export async function measure(store: Store): Promise<Outcome> {
  const names = Array.from({ length: 100 }, (_, index) => `speed-${index}`)
  // A store may skip a write whose bytes are the same.
  const entries = (round: number) =>
    names.map((name) => ({ name, value: JSON.stringify({ round, pad: 'p'.repeat(300) }) }))
  const figures = {
    set: await median((round) => store.set({ name: 'speed', value: `${round}` })),
    setMany100: await median((round) => store.setMany(entries(round))),
    getMany100: await median(() => store.getMany(names)),
  }
  const said = `A write takes ${figures.set} ms, a write of 100 records ${figures.setMany100} ms, a read of 100 ${figures.getMany100} ms.`
  // A login waits for one such write; with storeTimeoutMs: 2000 it then goes on without.
  const slow = figures.setMany100 > 500 ? ' That is slow: a login waits for one such write.' : ''
  return note(said + slow, figures)
}

async function median(work: (round: number) => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const startedAtMs = performance.now()
    await work(round)
    times.push(performance.now() - startedAtMs)
  }
  times.sort((one, another) => one - another)
  return Math.round((times[(rounds - 1) / 2] ?? 0) * 10) / 10
}
