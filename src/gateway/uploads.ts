import type { IncomingMessage, ServerResponse } from 'node:http'
import { endWithProblem } from './problem.js'

/** As slow as the slowest line of a telephone; Apache's default, too. */
const minBytesPerSecond = 500
/** How often each is looked at while its patience lasts once. */
const looks = 4

interface Upload {
  req: IncomingMessage
  res: ServerResponse
  /** What of its connection's bytes was there when it was last looked at. */
  seenBytes: number
  patienceMs: number
}

/**
 * Bodies that are on their way. One that stands still for `patienceMs`, or comes by less than 500 bytes a second for longer than that,
 * is cut off with a 408: each holds memory and a connection. Time counts only while the client is waited for, and not while the game
 * server takes nothing.
 */
export class Uploads {
  readonly #patienceMs: number
  readonly #underWay = new Set<Upload>()
  readonly #timer: NodeJS.Timeout

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs
    this.#timer = setInterval(() => this.#look(patienceMs / looks), patienceMs / looks)
    this.#timer.unref()
  }

  watch(req: IncomingMessage, res: ServerResponse): void {
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = req.headers
    if (length === '0' && encoding === undefined) return
    const upload = { req, res, seenBytes: req.socket.bytesRead, patienceMs: this.#patienceMs }
    this.#underWay.add(upload)
    req.once('close', () => this.#underWay.delete(upload))
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(sinceMs: number): void {
    for (const upload of this.#underWay) {
      const { req, res, seenBytes } = upload
      const { socket } = req
      if (req.complete) {
        this.#underWay.delete(upload)
        continue
      }
      const cameMs = ((socket.bytesRead - seenBytes) / minBytesPerSecond) * 1_000
      const isAwaited = req.readableLength === 0
      upload.seenBytes = socket.bytesRead
      upload.patienceMs = Math.min(this.#patienceMs, upload.patienceMs + cameMs - (isAwaited ? sinceMs : 0))
      if (upload.patienceMs > 0) continue
      this.#underWay.delete(upload)
      // Behind the answer to the request before it, or in the middle of its own, none can be told.
      if (res.headersSent || res.socket !== socket) socket.destroy()
      else endWithProblem(socket, 408)
    }
  }
}
