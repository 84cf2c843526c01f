import type { Message, Messages } from './json-rpc-messages.js'
import type { GameRequest } from './protocol.js'
import { decodeText } from './text-form.js'

/** Where a method is named: `"method":`, `method=`, `METHOD[`. */
const naming = /method['"`]?\s*[:=[]/gi

/**
 * Whether every game that answers to this message has read its method and its id as we did: nothing else in the request is named so,
 * in whatever letters, in its body, its address or a text inside of it.
 */
export function isSure(request: GameRequest, messages: Messages, message: Message): boolean {
  return isNamedOnce(request, messages) && hasNoTwins(messages, message)
}

const namedOnce = new WeakMap<Messages['list'], boolean>()

/** A request is looked through once, however many of its calls ask. */
function isNamedOnce({ query, body }: GameRequest, { list }: Messages): boolean {
  const before = namedOnce.get(list)
  if (before !== undefined) return before
  const texts = [query, body === undefined ? '' : decodeText(body)]
  const times = texts.reduce((sum, text) => sum + (decoded(text).match(naming)?.length ?? 0), 0)
  const isOnce = times <= list.filter(({ method }) => method !== undefined).length
  namedOnce.set(list, isOnce)
  return isOnce
}

function hasNoTwins({ json }: Messages, { path }: Message): boolean {
  if (!json) return true
  const span = json.spanOf(path)
  const names = span ? json.members(span).map(([name]) => name) : Object.keys(valueAt(json.value, path))
  const times = (wanted: string) => names.filter((name) => name.toLowerCase() === wanted).length
  return times('method') === 1 && times('id') === 1
}

function valueAt(value: unknown, path: Message['path']): object {
  return path.reduce((inside, name) => (inside as never)[name], value) as object
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
