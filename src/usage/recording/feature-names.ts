import { ClienteleError } from '../../errors.js'
import { unknownFeature } from '../../row-names.js'
import type { Committer, Savable } from '../../storage/committer.js'
import type { OwnWriter } from '../../storage/own-writer.js'
import { featuresPath } from '../../storage/paths.js'
import type { Store } from '../../storage/store.js'
import type { WriterRecord } from '../../storage/writer-directory.js'
import { fits } from '../counters.js'
import { isPlainName } from '../plain-name.js'

/** A page of the list of a writer. */
interface FeaturePage {
  features: string[]
  /** The list began with the features that had successes before there were such lists. */
  isBegun: boolean
}

/** With 100 bytes a name a page stays under 60 KB. */
const maxPerPage = 512
/** Names of all writers together that a process remembers; no list is longer. */
const maxKnown = 4_096
/** What another process has seen to go well is known here after so long. */
const readAgainAfterMs = 60_000

/**
 * The features that the game has answered well. Whatever anybody else calls one is a text that a stranger chose, and is neither kept
 * nor shown. A name stays known when its calls only fail: each writer keeps a list of those that it saw first, and all lists are one.
 */
export class FeatureNames {
  readonly #store: Store
  readonly #own: OwnWriter
  readonly #committer: Committer
  readonly #waitMs: number
  readonly #succeededBefore: () => Promise<Iterable<string>>
  readonly #known = new Set<string>([unknownFeature])
  readonly #listed = new Set<string>()
  readonly #pages: { page: FeaturePage; savable: Savable }[] = []
  #isBegun = false
  #isClosing = false
  /** Under way, however long it takes. */
  #asking?: Promise<void>
  /** As long as a count waits for it. */
  #reading?: Promise<void>
  #readAtMs = Number.NEGATIVE_INFINITY

  /** `waitMs`: the longest that a count waits for the lists. `succeededBefore`: the features that a store without lists tells of. */
  constructor(
    parts: { store: Store; own: OwnWriter; committer: Committer },
    waitMs: number,
    succeededBefore: () => Promise<Iterable<string>>,
  ) {
    this.#store = parts.store
    this.#own = parts.own
    this.#committer = parts.committer
    this.#waitMs = waitMs
    this.#succeededBefore = succeededBefore
  }

  has(feature: string): boolean {
    return this.#known.has(feature)
  }

  /** The game has answered this feature well. Whether it is a name: what is not plain never is. */
  add(feature: string): boolean {
    if (!isPlainName(feature)) return false
    if (this.#remember(feature)) this.#enlist(feature, false)
    return true
  }

  /** Resolves when the lists of other processes were read, or could not be in time; undefined when they are known. */
  whenRead(): Promise<void> | undefined {
    const isFirst = this.#readAtMs === Number.NEGATIVE_INFINITY
    if (!this.#isClosing && !this.#asking && performance.now() - this.#readAtMs >= readAgainAfterMs) {
      // What goes wrong the store has reported.
      this.#asking = this.#read()
        .catch(() => undefined)
        .finally(() => {
          this.#asking = undefined
        })
      this.#reading = this.#within(this.#asking)
    }
    return isFirst ? this.#reading : undefined
  }

  /** Resolves when nothing waits for the lists any more. */
  async settled(): Promise<void> {
    await this.#reading
  }

  /** From now on nothing waits for lists that nobody has asked for yet. */
  async close(): Promise<void> {
    this.#isClosing = true
    await this.#reading
  }

  /** The list of a writer that is gone goes into this process's own; twice is harmless. */
  async takeOver(writer: WriterRecord): Promise<void> {
    const pages = await this.#listsOf([writer])
    if (pages.length === 0) return
    this.#isBegun ||= pages.some(({ isBegun }) => isBegun)
    for (const feature of pages.flatMap(({ features }) => features)) {
      this.#remember(feature)
      this.#enlist(feature, true)
    }
    this.#save(this.#lastPage(), true)
    if (!(await this.#committer.committed())) {
      throw new ClienteleError('store_failed', 'The names of features could not be taken over: the store failed.')
    }
  }

  async #within(asking: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const bound = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#waitMs)
      timer.unref()
    })
    await Promise.race([asking, bound])
    clearTimeout(timer)
  }

  async #read(): Promise<void> {
    await this.#store.whenUp()
    const pages = await this.#listsOf(await this.#own.others())
    for (const feature of pages.flatMap(({ features }) => features)) this.#remember(feature)
    if (!this.#isBegun && !pages.some(({ isBegun }) => isBegun)) {
      const before = await this.#succeededBefore()
      this.#isBegun = true
      for (const feature of before) {
        if (isPlainName(feature) && this.#remember(feature)) this.#enlist(feature, false)
      }
      this.#save(this.#lastPage(), false)
    }
    this.#readAtMs = performance.now()
  }

  async #listsOf(writers: readonly WriterRecord[]): Promise<FeaturePage[]> {
    const names = writers.flatMap(({ writer, featurePages = 0 }) =>
      Array.from({ length: featurePages }, (_, page) => featuresPath(writer, page)),
    )
    const texts = await this.#store.getMany(names)
    return texts.flatMap((text) => (text === undefined ? [] : (JSON.parse(text) as FeaturePage)))
  }

  /** Whether it was not known before. */
  #remember(feature: string): boolean {
    if (this.#known.has(feature) || this.#known.size >= maxKnown || !fits(feature)) return false
    this.#known.add(feature)
    return true
  }

  #enlist(feature: string, urgent: boolean): void {
    if (this.#listed.has(feature) || this.#listed.size >= maxKnown) return
    this.#listed.add(feature)
    const last = this.#lastPage()
    last.page.features.push(feature)
    this.#save(last, urgent)
  }

  /** The one that has room. */
  #lastPage() {
    const last = this.#pages.at(-1)
    if (last && last.page.features.length < maxPerPage) return last
    const page: FeaturePage = { features: [], isBegun: false }
    const name = featuresPath(this.#own.id, this.#pages.length)
    const encode = () => JSON.stringify({ ...page, isBegun: this.#isBegun } satisfies FeaturePage)
    const added = { page, savable: { name, encode } }
    this.#pages.push(added)
    this.#own.noteFeatures(this.#pages.length)
    return added
  }

  #save({ savable }: { savable: Savable }, urgent: boolean): void {
    this.#committer.put(savable, urgent)
  }
}
