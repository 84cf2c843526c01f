import type { Protocol } from '../../src/index.js'

const commands = new Set(['LOGIN', 'GUESS', 'QUIT'])

/**
 * An API of one line of text: `LOGIN ada <public key>` is answered `OK <session>`, `GUESS <session> 50` is answered
 * `OK higher`, and whatever goes wrong is answered `ERR` and the reason.
 */
export const textCommands: Protocol = {
  // As lenient as the game's router, or clients would walk around it: case and a trailing slash do not matter.
  matches: (method, path) => method === 'POST' && /^\/command\/?$/i.test(path),

  read({ body = Buffer.alloc(0) }) {
    const [command = '', first, second] = Buffer.from(body).toString().trim().split(/\s+/)
    if (command === '') return []
    const feature = command.toUpperCase()
    const call = { index: 0, feature, createsSession: feature === 'LOGIN', endsSession: feature === 'QUIT' }
    return [call.createsSession ? { ...call, publicKey: second } : { ...call, sessionId: first }]
  },

  refuse: (_, [refusal]) => ({
    status: 200,
    headers: { 'content-type': 'text/plain' },
    body: `ERR ${refusal?.message}\n`,
  }),

  learn(call, { body }) {
    const [outcome, word] = String(body).split(/\s+/)
    // What a client makes up is no feature.
    if (outcome !== 'OK') return { failed: true, unknown: !commands.has(call.feature) }
    return call.createsSession ? { sessionId: word } : {}
  },

  example: (publicKey) => ({ method: 'POST', path: '/command', headers: {}, body: `LOGIN ada ${publicKey}` }),
}
