// What a game gives to `writeHead`, `write` and `end`.
import { types } from 'node:util'

export type Method = (...args: unknown[]) => unknown

/** Whether Node takes this as a part of an answer. */
export function isTaken(method: 'write' | 'end', chunk: unknown): boolean {
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
