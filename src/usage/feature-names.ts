import { ClienteleError } from '../errors.js'
import type { Committer, Savable } from '../storage/committer.js'
import { featuresPath } from '../storage/paths.js'
import type { Store } from '../storage/store.js'
import type { Writers } from '../storage/writers.js'
import { fits, unknownFeature } from './counters.js'
import { isPlainName } from './plain-name.js'

interface FeatureList {
  features: string[]
  /** It began with the features that had successes before there were such lists. */
  isBegun: boolean
}

/** Names in the list of one writer: with 100 bytes a name it stays under 60 KB. */
const mostListed = 512
/** Names of all writers together that a process remembers. */
const mostKnown = 4_096
/** What another process has seen to go well is known here after so long. */
const readAgainAfterMs = 60_000

/**
 * The features that the game has answered well. Whatever anybody else calls one is a text that a stranger chose, and is neither kept
 * nor shown. A name stays known when its calls only fail: each writer keeps a list of those that it saw first, and all lists are one.
 */
export class FeatureNames {
  readonly #store: Store
  readonly #writers: Writers
  readonly #committer: Committer
  readonly #waitMs: number
  readonly #succeededBefore: () => Promise<Iterable<string>>
  readonly #known = new Set<string>([unknownFeature])
  readonly #list: FeatureList = { features: [], isBegun: false }
  readonly #savable: Savable
  #reading?: Promise<void>
  #readAtMs = Number.NEGATIVE_INFINITY

  /** `waitMs`: the longest that a count waits for the lists. `succeededBefore`: the features that a store without lists tells of. */
  constructor(
    parts: { store: Store; writers: Writers; committer: Committer },
    waitMs: number,
    succeededBefore: () => Promise<Iterable<string>>,
  ) {
    this.#store = parts.store
    this.#writers = parts.writers
    this.#committer = parts.committer
    this.#waitMs = waitMs
    this.#succeededBefore = succeededBefore
    this.#savable = { name: featuresPath(this.#writers.id), encode: () => JSON.stringify(this.#list) }
  }

  has(feature: string): boolean {
    return this.#known.has(feature)
  }

  /** The game has answered this feature well. Whether it is a name: what is not plain never is. */
  add(feature: string): boolean {
    if (!isPlainName(feature)) return false
    if (this.#remember(feature) && this.#enlist(feature)) this.#committer.put(this.#savable, false)
    return true
  }

  /** Resolves when the lists of other processes were read, or could not be; undefined when that was within the last minute. */
  whenRead(): Promise<void> | undefined {
    const isFirst = this.#readAtMs === Number.NEGATIVE_INFINITY
    if (performance.now() - this.#readAtMs >= readAgainAfterMs) {
      this.#reading ??= this.#readWithin().finally(() => {
        this.#readAtMs = performance.now()
        this.#reading = undefined
      })
    }
    return isFirst ? this.#reading : undefined
  }

  /** Resolves when nothing waits for the lists any more. */
  async settled(): Promise<void> {
    await this.#reading
  }

  /** The list of a writer that is gone goes into this process's own; twice is harmless. */
  async takeOver(writer: string): Promise<void> {
    const [list] = await this.#listsOf([writer])
    if (!list) return
    for (const feature of list.features) if (!this.#list.features.includes(feature)) this.#enlist(feature)
    this.#list.isBegun ||= list.isBegun
    this.#committer.put(this.#savable, true)
    if (!(await this.#committer.committed())) {
      throw new ClienteleError('store_failed', 'The names of features could not be taken over: the store failed.')
    }
  }

  async #readWithin(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const bound = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#waitMs)
      timer.unref()
    })
    // The store has reported what went wrong.
    await Promise.race([this.#read().catch(() => undefined), bound])
    clearTimeout(timer)
  }

  async #read(): Promise<void> {
    const lists = await this.#listsOf((await this.#writers.others()).map(({ writer }) => writer))
    for (const feature of lists.flatMap(({ features }) => features)) this.#remember(feature)
    if (this.#list.isBegun || lists.some(({ isBegun }) => isBegun)) return
    for (const feature of await this.#succeededBefore()) {
      if (isPlainName(feature) && this.#remember(feature)) this.#enlist(feature)
    }
    this.#list.isBegun = true
    this.#committer.put(this.#savable, false)
  }

  async #listsOf(writers: readonly string[]): Promise<FeatureList[]> {
    const texts = await this.#store.getMany(writers.map(featuresPath))
    return texts.flatMap((text) => (text === undefined ? [] : (JSON.parse(text) as FeatureList)))
  }

  /** Whether it was not known before. */
  #remember(feature: string): boolean {
    if (this.#known.has(feature) || this.#known.size >= mostKnown || !fits(feature)) return false
    this.#known.add(feature)
    return true
  }

  #enlist(feature: string): boolean {
    if (this.#list.features.length >= mostListed) return false
    this.#list.features.push(feature)
    return true
  }
}
