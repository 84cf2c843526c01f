import { valuesOfAnswer, valuesOfRequest } from './placed-values.js'
import type { Exchange } from './recorded-traffic.js'

/** Says addresses, members and features, with `…` where something could be somebody's id or name. */
export interface Redactor {
  /** Of a request that is no declared route. */
  address(path: string): string
  /** Of a member, a header or a cookie, as an option says it; or a feature. */
  place(text: string): string
}

const plainPart = /^[a-z][\w.-]{0,39}$/i
/** What members and headers are called, whatever else a client sends. */
const harmless =
  /^(x-)?((access|refresh|auth|session|player|user|game|api)[-_]?)?(token|session|sid|auth|login|logout|user|player|game|key|id|name)s?$/i
/** Such members say what a request is about, not whose it is. */
const kinds = /\/(method|action|type|grant_type|response_type|command|version|jsonrpc|op)$/
/** Such members of an answer may say who somebody is, and an address who is asked for. */
const names = /name$/i
/** After these stands whose it is: of an address, and of a member. */
const oneOfMany = /^([a-z][\w-]{2,}[^s\W]s|u|user|player|profile|account|member|character|people)$/i
const oneOfPeople = /^(player|user|account|member|profile|character)s$/i
const verb = /^(create|join|leave|list|search|me|new|register|signin|sign-in|signup|start|refresh)$/i

export function redactorFor(exchanges: readonly Exchange[]): Redactor {
  const sent = new Set<string>()
  const shown = new Set<string>()
  for (const { request, answer } of exchanges) {
    for (const { place, value } of valuesOfRequest(request)) if (!kinds.test(place)) sent.add(value.toLowerCase())
    for (const { place, value } of valuesOfAnswer(answer)) if (names.test(place)) shown.add(value.toLowerCase())
  }
  const isSent = (part: string) => sent.has(part.toLowerCase())
  const isPlain = (part: string) =>
    part === '' ||
    harmless.test(part) ||
    (plainPart.test(part) && !/\d{3}|_prv_|_pub_/.test(part) && !isSent(part) && !/(?=.*\d)^.{16,}$/.test(part))

  /** Of a header or a cookie too: a game may name one after a player. */
  const isPlainName = (name: string) => isPlain(name) && name.split(/[-_.]/).every((part) => isPlain(part))

  return {
    address: (path) =>
      partsOf(path, (part, before) => {
        if (!isPlain(part) || (shown.has(part.toLowerCase()) && !harmless.test(part))) return false
        return !oneOfMany.test(before) || part === '' || harmless.test(part) || verb.test(part)
      }),
    place(text) {
      const [, what, name] = /^(the (?:header|cookie|parameter) )(.*)$/s.exec(text) ?? []
      if (what !== undefined && name !== undefined) return what + (isPlainName(name) ? name : '…')
      const isPointed = (part: string, before: string) =>
        // The place in an array.
        /^\d{1,2}$/.test(part) || (isPlain(part) && (!oneOfPeople.test(before) || harmless.test(part)))
      return text
        .split(' ')
        .map((word) => partsOf(word, isPointed))
        .join(' ')
    },
  }
}

function partsOf(text: string, isShown: (part: string, before: string) => boolean): string {
  const parts = text.split('/')
  return parts.map((part, at) => (isShown(part, parts[at - 1] ?? '') ? part : '…')).join('/')
}
