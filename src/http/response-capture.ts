import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { andThen, type MaybePromise } from '../maybe-promise.js'
import type { GameAnswer } from '../protocols/protocol.js'
import { inflateOrPlain, isPacked } from './inflate.js'
import {
  bytesOf,
  callbackOf,
  headerPairs,
  isAccepted,
  isClosed,
  isEndless,
  type Method,
  ResponseFlags,
  whenClosed,
  withOwnBytes,
} from './raw-response.js'

/** What goes out in place of an answer: with the headers of the game's that are not of its body, or with none of them. */
export interface Replacement {
  answer: GameAnswer
  keepsHeaders: boolean
}

/**
 * Takes an answer, and may give another instead. Its `body` is undefined where there is none, and where nobody could look into it:
 * then it `isUnreadable`.
 */
export type OnAnswer = (answer: GameAnswer, isUnreadable: boolean) => MaybePromise<Replacement | undefined>

export interface Holding {
  /** The client gets the answer when it is whole and was taken, or when a limit is reached; otherwise as it comes. Asked when it begins. */
  readonly isHeld: boolean
  /** Whether this head tells of a session, so that an answer with it is held until that is saved. */
  isHeldFor: ((head: GameAnswer) => boolean) | undefined
  /** Another answer may take its place, so that its head is not to be written before that is known. */
  mayBeReplaced: boolean
  /** What is kept of it to be looked into, and how long it is held because it is not whole yet. */
  limits: { bytes: number; ms: number }
}

/** The methods by which an answer goes out, of Koa as of a game that writes by hand. */
interface Writable {
  flushHeaders: Method
  writeHead: Method
  write: Method
  end: Method
  destroy: Method
}
const methods = ['flushHeaders', 'writeHead', 'write', 'end', 'destroy'] as const

/** The status of an answer whose end never came; the name that web servers have for it in their logs. */
const unanswered = 499

/** Headers that go with the bytes of a body. */
const ofBody = new Set(['content-length', 'content-encoding', 'transfer-encoding', 'etag', 'trailer'])
/** What says nothing of the body, nor of who asked: without it a page on another origin could not read a refusal. */
const ofAnyAnswer = /^(access-control-.*|vary|connection|keep-alive|date|strict-transport-security)$/i

/**
 * Looks at what goes out through a response, whoever writes it: Koa, with whatever body the game gave it, or the game itself.
 * Nothing that belongs to the game is wrapped, read or replaced but these five methods of the response.
 */
export class ResponseCapture {
  readonly #res: ServerResponse
  readonly #holding: Holding
  readonly #onAnswer: OnAnswer
  readonly #original: Writable
  readonly #wrapped: Writable
  readonly #chunks: Buffer[] = []
  #size = 0
  /** What was given to `writeHead`, of which Node's own list of headers may know nothing. */
  #head: [name: string, value: string | string[]][] = []
  #isHeld = false
  #hasBegun = false
  /** A head is asked for that is not to be written yet, and it was told; with what, where the game itself did. */
  #isAsking = false
  #isHeadTaken = false
  #headArgs: unknown[] | undefined
  /** A game was told to wait, and that it may go on. */
  #isWaiting = false
  #held: ['flushHeaders' | 'write' | 'end', unknown[]][] = []
  /** How much of what is held Node would have sent by now: the parts that are written in one tick it sends with the next. */
  #due = 0
  #timer: NodeJS.Timeout | undefined
  /** The status of a held answer, which Node would have sent by now. */
  #status: number | undefined
  #shownFlags: ResponseFlags | undefined
  #instead: Replacement | undefined
  #isTaken = false
  #taken: Promise<void> | undefined
  #isOver = false

  constructor(res: ServerResponse, holding: Holding, onAnswer: OnAnswer) {
    this.#res = res
    this.#holding = holding
    this.#onAnswer = onAnswer
    const { flushHeaders, writeHead, write, end, destroy } = res as unknown as Writable
    this.#original = { flushHeaders, writeHead, write, end, destroy }
    this.#wrapped = {
      flushHeaders: (...args) => this.#flushHeaders(args),
      writeHead: (...args) => this.#writeHead(args),
      write: (...args) => this.#take('write', args),
      end: (...args) => this.#take('end', args),
      destroy: (...args) => this.#destroy(args),
    }
    Object.assign(res, this.#wrapped)
  }

  /** Whether it must see the answer go out: it holds it, or may have to. */
  get isNeeded(): boolean {
    return this.#holding.isHeld || this.#holding.isHeldFor !== undefined
  }

  /** Whether anything went out, or waits to, that was not left to Koa. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Whether the client has gone, so that Koa will not write to it. */
  get isClosed(): boolean {
    return isClosed(this.#res)
  }

  /**
   * To be called when the game is done. An answer that it gave by hand is waited for until it was let go, or Koa would write another;
   * one that is yet to come may also never come.
   */
  whenTaken(): MaybePromise<void> {
    if (this.#isTaken) return this.#taken
    whenClosed(this.#res, () => this.#handOn(unanswered))
  }

  /** Nothing more is looked at, and what was held goes on. */
  release(): void {
    if (this.#isOver) return
    this.#isOver = true
    if (this.#instead && !this.#isSent()) this.#replace(this.#instead)
    this.#flush()
    if (this.#isWaiting && !this.#res.writableNeedDrain) process.nextTick(() => this.#res.emit('drain'))
    // A wrapper that the game put around ours stays, and finds ours out of the way.
    const res = this.#res as unknown as Writable
    for (const name of methods) if (res[name] === this.#wrapped[name]) res[name] = this.#original[name]
  }

  #flushHeaders(args: unknown[]): unknown {
    this.#begin()
    if (!this.#isHeld || this.#isOver) return this.#original.flushHeaders.apply(this.#res, args)
    this.#hold('flushHeaders', args)
    this.#due = this.#held.length
    this.#flags().setBegun()
    this.#letWait()
    return undefined
  }

  #writeHead(args: unknown[]): unknown {
    const headers = args.find((arg) => typeof arg === 'object' && arg !== null)
    this.#head = headers ? headerPairs(headers) : []
    this.#begin(Number(args[0]))
    const isTakenOnly = this.#holding.mayBeReplaced || this.#isAsking
    if (!isTakenOnly || this.#isOver) return this.#original.writeHead.apply(this.#res, args)
    this.#isHeadTaken = true
    this.#res.statusCode = Number(args[0])
    if (typeof args[1] === 'string') this.#res.statusMessage = args[1]
    if (this.#isAsking) return this.#res
    this.#headArgs = args
    this.#flags().setBegun()
    return this.#res
  }

  /** When a head is there, whether its answer is to be held. */
  #begin(status?: number): void {
    if (this.#hasBegun || this.#isOver) return
    this.#hasBegun = true
    if (status === undefined && this.isNeeded) this.#askForHead()
    const { isHeld, isHeldFor } = this.#holding
    this.#isHeld = isHeld
    if (!isHeld && isHeldFor) {
      this.#isHeld = isHeldFor({
        status: status ?? this.#res.statusCode,
        headers: this.#headers(),
        body: undefined,
      })
    }
    if (!this.#isHeld && this.#isHeadTaken) this.#giveHead()
  }

  /** What a host says at the last moment, by a method that it put around ours: Node would call it now, and once. */
  #askForHead(): void {
    const { writeHead } = this.#res as unknown as Writable
    if (writeHead === this.#wrapped.writeHead || this.#res.headersSent) return
    this.#isAsking = true
    try {
      writeHead.call(this.#res, this.#res.statusCode)
    } finally {
      this.#isAsking = false
    }
  }

  /** The head as it was told; whoever is around our `writeHead` has had its say. */
  #giveHead(): void {
    const res = this.#res as unknown as Writable
    if (!this.#isHeadTaken && res.writeHead !== this.#wrapped.writeHead) return
    res.writeHead = this.#original.writeHead
    // As the game wrote it: of a head that is written Node makes other bytes than of headers that are set.
    if (this.#headArgs) res.writeHead(...this.#headArgs)
    else if (this.#isHeadTaken) for (const [name, value] of this.#head) this.#res.setHeader(name, value)
  }

  #take(method: 'write' | 'end', args: unknown[]): unknown {
    // What Node does not take it must refuse while the game listens.
    if (this.#isOver || !isAccepted(method, args[0])) return this.#original[method].apply(this.#res, args)
    this.#begin()
    const callback = method === 'write' ? callbackOf(args) : undefined
    const own = callback ? withOwnBytes(args) : args
    this.#keep(own)
    if (!this.#isHeld) {
      const result = this.#original[method].apply(this.#res, args)
      if (method === 'end') this.#handOn()
      return result
    }
    if (method === 'end') {
      this.#hold(method, args)
      this.#due = this.#held.length
      this.#flags().setEnded()
      this.#handOn()
      return this.#res
    }
    this.#flags().setBegun()
    // A game that waits until a part is written would never write the next.
    const due = this.#hold(
      method,
      own.filter((arg) => arg !== callback),
    )
    process.nextTick(() => {
      this.#due = Math.max(this.#due, due)
      callback?.()
    })
    if (isEndless(this.#headers())) this.#handOn()
    else if (this.#size > this.#holding.limits.bytes) this.#giveWay()
    else this.#letWait()
    // While its head is saved, a long answer stays where it comes from.
    this.#isWaiting = this.#isHeld && this.#size > this.#holding.limits.bytes
    return !this.#isWaiting && !this.#res.writableNeedDrain
  }

  #hold(method: 'flushHeaders' | 'write' | 'end', args: unknown[]): number {
    if (this.#held.length === 0) whenClosed(this.#res, () => this.#handOn(unanswered))
    this.#status ??= this.#res.statusCode
    return this.#held.push([method, args])
  }

  #letWait(): void {
    this.#timer ??= setTimeout(() => this.#giveWay(), this.#holding.limits.ms).unref()
  }

  /** It is too long, or takes too long, and goes on as it comes; unless its head says all, which is saved before. */
  #giveWay(): void {
    const head = { status: this.#status ?? this.#res.statusCode, headers: this.#headers(), body: undefined }
    if (this.#holding.isHeldFor?.(head)) this.#handOn()
    else this.#flush()
  }

  // An answer that breaks off has come as far as it would have come without us.
  #destroy(args: unknown[]): unknown {
    if (this.#isOver || this.#held.length === 0 || this.#due === 0) return this.#original.destroy.apply(this.#res, args)
    this.#held.length = Math.min(this.#held.length, this.#due)
    this.#flush()
    const destroy = () => this.#original.destroy.apply(this.#res, args)
    // HTTP/2 sends with the next tick, and has no other way.
    if (this.#res.req.httpVersionMajor > 1) setImmediate(destroy)
    else {
      this.#res.socket?.uncork()
      destroy()
    }
    return this.#res
  }

  #keep([chunk, encoding]: unknown[]): void {
    if (this.#size > this.#holding.limits.bytes) return
    const bytes = bytesOf(chunk, encoding)
    if (!bytes) return
    this.#size += bytes.length
    this.#chunks.push(bytes)
  }

  #flags(): ResponseFlags {
    this.#shownFlags ??= new ResponseFlags(this.#res)
    return this.#shownFlags
  }

  #isSent(): boolean {
    this.#shownFlags?.restore()
    return this.#res.headersSent
  }

  #headers(): OutgoingHttpHeaders {
    const known = this.#res.getHeaders()
    if (this.#head.length === 0) return known
    return { ...known, ...Object.fromEntries(this.#head.map(([name, value]) => [name.toLowerCase(), value])) }
  }

  #handOn(status = this.#res.statusCode): void {
    if (this.#isOver || this.#isTaken) return
    this.#isTaken = true
    const told = this.#tell(status)
    if (told instanceof Promise) this.#taken = told.finally(() => this.release())
    else this.release()
  }

  #tell(status: number): MaybePromise<void> {
    const headers = this.#headers()
    const { bytes: limitBytes } = this.#holding.limits
    const isWhole = this.#size <= limitBytes && !isEndless(headers)
    const bytes = isWhole && this.#size > 0 ? this.#joined() : undefined
    const encoding = headers['content-encoding']
    const body = bytes && isPacked(encoding) ? inflateOrPlain(bytes, encoding, limitBytes) : bytes
    return andThen(body, (readable) => {
      const isUnreadable = this.#size > 0 && readable === undefined
      return andThen(this.#onAnswer({ status, headers, body: readable }, isUnreadable), (instead) => {
        this.#instead = instead
      })
    })
  }

  #joined(): Buffer {
    const [first] = this.#chunks
    return first && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks, this.#size)
  }

  /** What was held goes on, and what comes as well; it is still looked into. */
  #flush(): unknown {
    clearTimeout(this.#timer)
    this.#isHeld = false
    const held = this.#held
    this.#held = []
    try {
      if (!this.#isSent()) {
        if (this.#status !== undefined) this.#res.statusCode = this.#status
        this.#giveHead()
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
      this.#original.destroy.call(this.#res, error)
      return false
    }
  }

  #replace({ answer: { status, headers, body }, keepsHeaders }: Replacement): void {
    const isKept = (name: string) => (keepsHeaders ? !ofBody.has(name.toLowerCase()) : ofAnyAnswer.test(name))
    const callbacks = this.#held.flatMap(([, args]) => callbackOf(args) ?? [])
    this.#status = status
    this.#isHeadTaken = true
    this.#headArgs = undefined
    // HTTP/2 has no words beside its status.
    if (this.#res.req.httpVersionMajor === 1) this.#res.statusMessage = ''
    this.#head = this.#head.filter(([name]) => isKept(name))
    for (const name of this.#res.getHeaderNames()) if (!isKept(name)) this.#res.removeHeader(name)
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) this.#head.push([name, String(value)])
    const content = status === 204 ? '' : (body as string | Uint8Array | undefined)
    const end = () => {
      for (const callback of callbacks) callback()
    }
    this.#held = [['end', [content ?? '', end]]]
  }
}
