import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** What Node says of a response that was begun, or ended: Koa, and a careful game, look at it before they write more. */
export class Signs {
  readonly #res: ServerResponse
  readonly #own = new Map<string, PropertyDescriptor | undefined>()

  constructor(res: ServerResponse) {
    this.#res = res
  }

  begun(): void {
    this.#seem('headersSent')
  }

  ended(): void {
    for (const name of ['headersSent', 'writableEnded', 'finished']) this.#seem(name)
  }

  takeBack(): void {
    for (const [name, own] of this.#own) {
      if (own) Object.defineProperty(this.#res, name, own)
      else Reflect.deleteProperty(this.#res, name)
    }
    this.#own.clear()
  }

  #seem(name: string): void {
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
