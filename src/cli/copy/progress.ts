import { number, say } from '../output.js'

const barWidth = 30
const terminalEveryMs = 100
const lineEveryMs = 5_000

/** One line on a terminal, drawn again and again; elsewhere a line every few seconds. */
export class Progress {
  readonly #what: string
  readonly #total: number
  #done = 0
  #saidAtMs = performance.now()

  constructor(what: string, total: number) {
    this.#what = what
    this.#total = total
  }

  add(count: number): void {
    // A record may be met twice.
    this.#done = Math.min(this.#total, this.#done + count)
    const now = performance.now()
    if (now - this.#saidAtMs < (process.stderr.isTTY ? terminalEveryMs : lineEveryMs)) return
    this.#saidAtMs = now
    this.#draw()
  }

  end(): void {
    if (!process.stderr.isTTY) return
    this.#draw()
    process.stderr.write('\n')
  }

  #draw(): void {
    const share = this.#total === 0 ? 1 : this.#done / this.#total
    const text = `${Math.floor(share * 100)} %  ${this.#what} ${number(this.#done)} of ${number(this.#total)}`
    const filled = Math.round(share * barWidth)
    if (process.stderr.isTTY) process.stderr.write(`\r[${'='.repeat(filled)}${' '.repeat(barWidth - filled)}] ${text}`)
    else say(text)
  }
}
