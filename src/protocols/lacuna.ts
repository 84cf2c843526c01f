import { jsonRpcWith } from './json-rpc/json-rpc.js'
import type { Protocol } from './protocol.js'

/** The original answers no message whose id is absent, null or empty, and plays it all the same. */
const original = { isNotification: (id: unknown) => id === undefined || id === null || id === '' }

/**
 * The methods, params and refusals of the game server that API keys were first made for, as one preset of `jsonRpc()`.
 * `benchmark` needs a public key and answers no session id, so it counts as a call and never as a session. A refusal is
 * one line with the error `1002`, status 500 and exactly `application/json-rpc`: its Python client reads nothing else.
 */
export function lacuna(): Protocol {
  const apiKey = (index: number) => ({ apiKey: { index, name: 'api_key' } })
  return {
    ...jsonRpcWith(original, {
      path: '/:module',
      sessions: {
        'empire.login': apiKey(2),
        'empire.found': apiKey(1),
        'empire.reset_password': apiKey(3),
        'empire.benchmark': { ...apiKey(2), session: false },
      },
      ends: ['empire.logout'],
      sessionId: { index: 0, name: 'session_id' },
      answer: { sessionId: '/session_id', playerId: '/status/empire/id' },
      refusal: { code: 1002, message: 'You need an API Key.', status: 500, contentType: 'application/json-rpc' },
    }),
    example: (publicKey) => ({
      method: 'POST',
      path: '/empire',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'login',
        params: { name: 'YOUR EMPIRE', password: 'YOUR PASSWORD', api_key: publicKey },
      }),
    }),
  }
}
