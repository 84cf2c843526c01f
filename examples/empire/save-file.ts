import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { State } from './seed.js'

const PAUSE_MS = 1_000

/**
 * The universe in one JSON file, for one process. A new state is written beside it and renamed over it, so that a
 * process killed in the middle leaves the old state whole. Without a file nothing is kept.
 */
export class SaveFile {
  readonly #file: string | undefined
  readonly #state: () => State
  #timer: NodeJS.Timeout | undefined

  constructor(file: string | undefined, state: () => State) {
    this.#file = file
    this.#state = state
  }

  /** A file that cannot be read stops the server: starting afresh would overwrite someone's universe. */
  static load(file: string | undefined): State | undefined {
    if (file === undefined || !existsSync(file)) return undefined
    const state: State = JSON.parse(readFileSync(file, 'utf8'))
    if (state.version !== 1) throw new Error(`${file} is not a save file of this game`)
    return state
  }

  /** For what a client was told: a session must still be there when the process is killed right after its answer. */
  saveNow(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#file === undefined) return
    const beside = `${this.#file}.${process.pid}.tmp`
    try {
      // Session ids are in it, so it is for the owner's eyes.
      writeFileSync(beside, JSON.stringify(this.#state()), { mode: 0o600 })
      renameSync(beside, this.#file)
    } catch (error) {
      process.emitWarning(`The universe could not be saved: ${error instanceof Error ? error.message : error}`)
    }
  }

  /** For what every call changes (its count, the session's end): losing the last second of it hurts nobody. */
  saveSoon(): void {
    if (this.#file === undefined || this.#timer) return
    this.#timer = setTimeout(() => this.saveNow(), PAUSE_MS).unref()
  }

  /** Writes what is waiting. */
  close(): void {
    if (this.#timer) this.saveNow()
  }
}
