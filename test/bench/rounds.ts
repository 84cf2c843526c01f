import { BenchServer, type ServerOptions } from './bench-server.js'
import { drive, type Load } from './load.js'

/** What is compared: one server and the requests that it is asked. */
export interface Variant {
  name: string
  server: Partial<ServerOptions>
  /** Made when the server is there: requests carry its public keys. */
  load(server: BenchServer): Load
}

/** Variants that are asked the same; each is compared with the first. */
export interface WorkLoad {
  title: string
  variants: Variant[]
  /** Of what has been counted and what was served, what is wrong, if anything. Asked of the variants that mount the library. */
  check?(counted: { sessions: number; calls: number }, served: number): string | undefined
}

export interface Spread {
  min: number
  median: number
  max: number
}

export interface Measured {
  name: string
  /** Why there are no figures. */
  failed?: string
  requestsPerSecond: Spread
  /** To the first variant in the same round. */
  ratio: Spread
  cpuUsPerRequest: Spread
  cpuRatio: Spread
  p50Ms: Spread
  p99Ms: Spread
}

interface Round {
  requestsPerSecond: number
  cpuUsPerRequest: number
  p50Ms: number
  p99Ms: number
}

/** Nobody's figures are worth more than this share of failed answers. */
const maxErrorRate = 0.001

/** Until the compiler has seen everything. */
const warmUpRequests = 20_000
const maxWarmUpMs = 5_000

/** Asks all variants in turns, A B C A B C …, so that what disturbs the machine disturbs them alike. */
export async function measure(
  workLoad: WorkLoad,
  { rounds, seconds, server: common }: { rounds: number; seconds: number; server: ServerOptions },
): Promise<Measured[]> {
  const running = new Map<Variant, { server: BenchServer; load: Load; rounds: Round[] }>()
  const failed = new Map<Variant, string>()
  const attempt = async (variant: Variant, work: () => Promise<void>) => {
    try {
      await work()
    } catch (error) {
      failed.set(variant, (error as Error).message)
      await running.get(variant)?.server.stop()
      running.delete(variant)
    }
  }
  try {
    for (const variant of workLoad.variants) {
      await attempt(variant, async () => {
        const server = await BenchServer.start({ ...common, ...variant.server })
        const load = variant.load(server)
        running.set(variant, { server, load, rounds: [] })
        const endMs = performance.now() + maxWarmUpMs
        while (performance.now() < endMs && (await server.usage()).served < warmUpRequests)
          await oneRound(server, load, 1)
      })
    }
    for (let round = 0; round < rounds; round++) {
      for (const [variant, { server, load, rounds: done }] of [...running]) {
        await attempt(variant, async () => void done.push(await oneRound(server, load, seconds)))
      }
    }
    for (const [variant, { server }] of [...running]) {
      if (!workLoad.check || !variant.server.mounts?.includes('clientele')) continue
      const { served } = await server.usage()
      const wrong = workLoad.check(await server.counted(), served)
      if (wrong) failed.set(variant, wrong)
    }
    const [baseline] = workLoad.variants
    const base = baseline ? running.get(baseline)?.rounds : undefined
    return workLoad.variants.map((variant) => {
      const why = failed.get(variant)
      const own = running.get(variant)?.rounds ?? []
      return { name: variant.name, ...(why === undefined ? {} : { failed: why }), ...figures(own, base ?? []) }
    })
  } finally {
    for (const { server } of running.values()) await server.stop()
  }
}

async function oneRound(server: BenchServer, load: Load, seconds: number): Promise<Round> {
  const before = await server.usage()
  const { requests, seconds: took, errors, p50Ms, p99Ms } = await drive(load, seconds)
  const after = await server.usage()
  if (errors > requests * maxErrorRate) throw new Error(`${errors} of ${requests} requests failed.`)
  const cpuUsPerRequest = (after.cpuUs - before.cpuUs) / (after.served - before.served)
  return { requestsPerSecond: requests / took, cpuUsPerRequest, p50Ms, p99Ms }
}

function figures(own: readonly Round[], base: readonly Round[]): Omit<Measured, 'name' | 'failed'> {
  const of = (value: (round: Round, index: number) => number) => spread(own.map(value))
  return {
    requestsPerSecond: of(({ requestsPerSecond }) => requestsPerSecond),
    ratio: of(({ requestsPerSecond }, index) => requestsPerSecond / (base[index]?.requestsPerSecond ?? Number.NaN)),
    cpuUsPerRequest: of(({ cpuUsPerRequest }) => cpuUsPerRequest),
    cpuRatio: of(({ cpuUsPerRequest }, index) => cpuUsPerRequest / (base[index]?.cpuUsPerRequest ?? Number.NaN)),
    p50Ms: of(({ p50Ms }) => p50Ms),
    p99Ms: of(({ p99Ms }) => p99Ms),
  }
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, another) => one - another)
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN
  return { min: at(0), median: at(0.5), max: at(1) }
}
