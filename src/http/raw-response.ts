// Node's response as a game that writes by hand meets it: what it says of its state, and what its methods take.
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { types } from 'node:util'

/** The flags that a response has when it was begun, or ended: Koa, and a careful game, look at them before they write more. */
export class ResponseFlags {
  readonly #res: ServerResponse
  readonly #own = new Map<string, PropertyDescriptor | undefined>()

  constructor(res: ServerResponse) {
    this.#res = res
  }

  /** From now on the response looks as if it was begun. */
  setBegun(): void {
    this.#set('headersSent')
  }

  /** From now on it looks as if it has ended. */
  setEnded(): void {
    for (const name of ['headersSent', 'writableEnded', 'finished']) this.#set(name)
  }

  /** As Node has them. */
  restore(): void {
    for (const [name, own] of this.#own) {
      if (own) Object.defineProperty(this.#res, name, own)
      else Reflect.deleteProperty(this.#res, name)
    }
    this.#own.clear()
  }

  #set(name: string): void {
    if (this.#own.has(name)) return
    this.#own.set(name, Object.getOwnPropertyDescriptor(this.#res, name))
    Object.defineProperty(this.#res, name, { value: true, configurable: true, writable: true })
  }
}

/** Whether what tells of an answer is all in its headers, because its body goes on and on. */
export function isEndless(headers: OutgoingHttpHeaders): boolean {
  return String(headers['content-type']).startsWith('text/event-stream')
}

/** Whether the client has its answer, or has gone. */
export function isClosed(res: ServerResponse): boolean {
  return res.destroyed || (res as { stream?: { destroyed: boolean } }).stream?.destroyed === true
}

/** Calls back when the client has its answer, or has gone: now, if that is so already. */
export function whenClosed(res: ServerResponse, onClose: () => void): void {
  if (isClosed(res)) onClose()
  else res.once('close', onClose)
}

export type Method = (...args: unknown[]) => unknown

/** Whether Node takes this as a part of an answer. */
export function isAccepted(method: 'write' | 'end', chunk: unknown): boolean {
  if (typeof chunk === 'string' || types.isUint8Array(chunk)) return true
  return method === 'end' && (chunk === undefined || chunk === null || typeof chunk === 'function')
}

/** What is written of it; undefined where it is no chunk. */
export function bytesOf(chunk: unknown, encoding: unknown): Buffer | undefined {
  if (typeof chunk === 'string') {
    return Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
  }
  return types.isUint8Array(chunk) ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : undefined
}

/** The same, with bytes that nobody else may write over. */
export function withOwnBytes([chunk, ...more]: readonly unknown[]): unknown[] {
  return [types.isUint8Array(chunk) ? Buffer.from(chunk) : chunk, ...more]
}

export function callbackOf(args: readonly unknown[]): Method | undefined {
  return args.find((arg) => typeof arg === 'function') as Method | undefined
}

/** `writeHead` takes an object, or names and values in turn, where one name may come several times. */
export function headerPairs(headers: object): [string, string | string[]][] {
  if (!Array.isArray(headers)) return Object.entries(headers)
  const flat = headers.flat() as string[]
  const byName = new Map<string, [name: string, values: string[]]>()
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const [name = '', value = ''] = flat.slice(index, index + 2)
    const known = byName.get(name.toLowerCase())
    if (known) known[1].push(value)
    else byName.set(name.toLowerCase(), [name, [value]])
  }
  return Array.from(byName.values(), ([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values])
}
