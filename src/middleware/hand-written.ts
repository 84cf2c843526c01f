import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { GameAnswer } from '../protocols/protocol.js'
import { type AnswerLimits, isClosed, isEndless, type OnAnswer, unpacked, whenClosed } from './game-answer.js'
import type { Soon } from './soon.js'
import { callbackOf, encodingOf, headerPairs, isTaken, type Method } from './written-arguments.js'

/** The methods by which a game answers past Koa. */
interface Writable {
  flushHeaders: Method
  writeHead: Method
  write: Method
  end: Method
}

export interface Holding {
  /** The client gets the answer when it is whole and was handed on, or when a limit is reached; otherwise at once. */
  isHeld: boolean
  /** Another answer may take its place, so that its head is not to be written before that is known. */
  mayBeReplaced: boolean
  limits: AnswerLimits
}

/** What a game writes to the response itself, with `ctx.respond = false` or before Koa comes to it. */
export class HandWritten {
  readonly #res: ServerResponse
  readonly #holding: Holding
  readonly #onAnswer: OnAnswer
  readonly #original: Writable
  readonly #wrapped: Writable
  readonly #chunks: Buffer[] = []
  #size = 0
  /** What was given to `writeHead`, of which Node's own list of headers may know nothing. */
  #head: [name: string, value: string | string[]][] = []
  #isHeld: boolean
  #held: ['write' | 'end', unknown[]][] = []
  #timer: NodeJS.Timeout | undefined
  /** The status of a held answer, which Node would have sent by now. */
  #status: number | undefined
  #signs: (() => void)[] = []
  #instead: GameAnswer | undefined
  /** Settles when the answer was handed on and let go. */
  #handedOn: Promise<void> | undefined
  #isOver = false

  constructor(res: ServerResponse, holding: Holding, onAnswer: OnAnswer) {
    this.#res = res
    this.#holding = holding
    this.#isHeld = holding.isHeld
    this.#onAnswer = onAnswer
    const { flushHeaders, writeHead, write, end } = res as unknown as Writable
    this.#original = { flushHeaders, writeHead, write, end }
    this.#wrapped = {
      // The head waits with the rest.
      flushHeaders: (...args) => (this.#canBeReplaced() ? undefined : flushHeaders.apply(res, args)),
      writeHead: (...args) => this.#writeHead(args),
      write: (...args) => this.#take('write', args),
      end: (...args) => this.#take('end', args),
    }
    Object.assign(res, this.#wrapped)
  }

  /**
   * To be called when the game is done. Whether the answer was written by hand, or will be where that `isExpected`; then it
   * was handed on, or will be. If not, what there is of it goes on as it was written, and Koa does the rest.
   */
  isGiven(isExpected: boolean): Soon<boolean> {
    if (this.#handedOn) return this.#handedOn.then(() => true)
    if (isExpected) whenClosed(this.#res, () => this.#handOn(unanswered))
    else this.#letGo()
    return isExpected
  }

  #writeHead(args: unknown[]): unknown {
    const headers = args.find((arg) => typeof arg === 'object' && arg !== null)
    this.#head = headers ? headerPairs(headers) : []
    if (!this.#canBeReplaced()) return this.#original.writeHead.apply(this.#res, args)
    this.#res.statusCode = Number(args[0])
    if (typeof args[1] === 'string') this.#res.statusMessage = args[1]
    return this.#res
  }

  #canBeReplaced(): boolean {
    return this.#holding.mayBeReplaced && !this.#isOver
  }

  #take(method: 'write' | 'end', args: unknown[]): unknown {
    // What Node does not take it must refuse while the game listens.
    if (this.#isOver || !isTaken(method, args[0])) return this.#original[method].apply(this.#res, args)
    this.#keep(args)
    if (!this.#isHeld) {
      const result = this.#original[method].apply(this.#res, args)
      if (method === 'end') this.#handOn()
      return result
    }
    if (this.#held.length === 0) whenClosed(this.#res, () => this.#handOn(unanswered))
    this.#status ??= this.#res.statusCode
    if (method === 'end') {
      this.#held.push([method, args])
      this.#seemEnded()
      this.#handOn()
      return this.#res
    }
    // A game that waits until a part is written would never write the next.
    const callback = callbackOf(args)
    if (callback) process.nextTick(callback)
    this.#held.push([method, args.filter((arg) => arg !== callback)])
    if (isEndless(this.#headers())) this.#handOn()
    else if (this.#size > this.#holding.limits.bytes) return this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), this.#holding.limits.ms).unref()
    return true
  }

  #keep([chunk, encoding]: unknown[]): void {
    if (this.#size > this.#holding.limits.bytes) return
    let bytes: Buffer
    if (typeof chunk === 'string') bytes = Buffer.from(chunk, encodingOf(encoding))
    else if (chunk instanceof Uint8Array) bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    else return
    this.#size += bytes.length
    this.#chunks.push(bytes)
  }

  // Koa, and a careful game, look at these before they write more.
  #seemEnded(): void {
    if (this.#signs.length > 0) return
    for (const name of signsOfEnd) {
      const own = Object.getOwnPropertyDescriptor(this.#res, name)
      this.#signs.push(() => {
        if (own) Object.defineProperty(this.#res, name, own)
        else Reflect.deleteProperty(this.#res, name)
      })
      Object.defineProperty(this.#res, name, { value: true, configurable: true, writable: true })
    }
  }

  #headers(): OutgoingHttpHeaders {
    const head = this.#head.map(([name, value]) => [name.toLowerCase(), value] as const)
    return { ...this.#res.getHeaders(), ...Object.fromEntries(head) }
  }

  #handOn(status = this.#res.statusCode): void {
    if (!this.#isOver) this.#handedOn ??= this.#tell(status).finally(() => this.#letGo())
  }

  async #tell(status: number): Promise<void> {
    const headers = this.#headers()
    const isKnown = this.#size > 0 && this.#size <= this.#holding.limits.bytes && !isEndless(headers)
    const body = isKnown ? Buffer.concat(this.#chunks) : undefined
    const answer = { status, headers, body }
    this.#instead = await this.#onAnswer(await unpacked(answer, this.#holding.limits.bytes))
  }

  /** What was held goes on, and what comes as well; it is still looked into. */
  #flush(): unknown {
    clearTimeout(this.#timer)
    this.#isHeld = false
    const held = this.#held
    this.#held = []
    try {
      if (!this.#res.headersSent) {
        if (this.#status !== undefined) this.#res.statusCode = this.#status
        if (this.#holding.mayBeReplaced) for (const [name, value] of this.#head) this.#res.setHeader(name, value)
      }
      let result: unknown = true
      for (const [method, args] of held) {
        // The client has gone, and Node would take it for a mistake of the game.
        if (isClosed(this.#res)) process.nextTick(() => callbackOf(args)?.(new Error('The connection was closed.')))
        else result = this.#original[method].apply(this.#res, args)
      }
      return result
    } catch (error) {
      // The game listens no more, so the client is told by the end of the connection.
      this.#res.destroy(error as Error)
      return false
    }
  }

  #letGo(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const takeBack of this.#signs) takeBack()
    if (this.#instead && !this.#res.headersSent) this.#replace(this.#instead)
    this.#flush()
    // A wrapper that the game put around ours stays, and finds ours out of the way.
    const res = this.#res as unknown as Writable
    const [wrapped, original] = [this.#wrapped, this.#original]
    if (res.flushHeaders === wrapped.flushHeaders) res.flushHeaders = original.flushHeaders
    if (res.writeHead === wrapped.writeHead) res.writeHead = original.writeHead
    if (res.write === wrapped.write) res.write = original.write
    if (res.end === wrapped.end) res.end = original.end
  }

  #replace({ status, headers, body }: GameAnswer): void {
    const callbacks = this.#held.flatMap(([, args]) => callbackOf(args) ?? [])
    this.#status = status
    this.#head = this.#head.filter(([name]) => !ofBody.has(name.toLowerCase()))
    for (const name of ofBody) this.#res.removeHeader(name)
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) this.#head.push([name, String(value)])
    const text = status === 204 ? '' : String(body)
    this.#held = [
      [
        'end',
        [
          text,
          () => {
            for (const callback of callbacks) callback()
          },
        ],
      ],
    ]
  }
}

/** Headers that go with the bytes of a body. */
export const ofBody = new Set(['content-length', 'content-encoding', 'transfer-encoding', 'etag', 'trailer'])

/** The status of an answer whose end never came; the name that web servers have for it in their logs. */
const unanswered = 499

/** What Node says of a response that was ended. */
const signsOfEnd = ['headersSent', 'writableEnded', 'finished'] as const
