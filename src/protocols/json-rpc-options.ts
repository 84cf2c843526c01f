import { parse } from 'path-to-regexp'
import { type Check, checkOptions, group, requireOptions, text, wholeNumber } from '../options.js'
import type { JsonRpcOptions } from './json-rpc.js'

const where = 'jsonRpc()'
const someText = text(/./, 'text')
const place: Check = group('a place', { index: wholeNumber(0, 100, 'positions'), name: someText })

const sessions: Check = (value) => {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    return "must name at least one feature: { 'empire.login': { apiKey: { index: 2, name: 'api_key' } } }"
  }
  for (const [feature, session] of Object.entries(value)) {
    checkOptions(`${where} sessions['${feature}']`, session, { apiKey: place })
    requireOptions(`${where} sessions['${feature}']`, session, {
      apiKey: "say where it is: { index: 2, name: 'api_key' }",
    })
  }
  return undefined
}

const path: Check = (value) => {
  try {
    const { tokens } = parse(value as string)
    if (tokens.some(({ type }) => type === 'wildcard'))
      return "must not have a wildcard: name each part, as in '/:module'"
    return typeof value === 'string' && value.startsWith('/')
      ? undefined
      : "must begin with a slash: '/rpc', '/:module'"
  } catch {
    return "must be a path of path-to-regexp 8: '/rpc', '/:module'"
  }
}

const features: Check = (value) =>
  Array.isArray(value) && value.every((feature) => typeof feature === 'string')
    ? undefined
    : 'must be an array of features'

export function checkJsonRpcOptions(options: JsonRpcOptions): void {
  checkOptions(where, options, {
    path,
    sessions,
    ends: features,
    sessionId: place,
    answer: group(`${where} answer`, { sessionId: someText, playerId: someText }),
    refusal: group(`${where} refusal`, {
      code: wholeNumber(-2_147_483_648, 2_147_483_647, 'an error code'),
      message: someText,
      status: wholeNumber(200, 599, 'an HTTP status'),
      contentType: text(/^[\w.+-]+\/[\w.+-]+/, "a media type: 'application/json'"),
    }),
  })
  requireOptions(where, options, {
    path: "say where the API lives: '/rpc'",
    sessions: 'name the features that create a session',
    sessionId: "say where calls carry the session id: { index: 0, name: 'session_id' }",
    answer: "say where a login's result has the session id: { sessionId: '/session_id' }",
  })
}
