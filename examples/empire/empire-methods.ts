import { type Methods, player, status } from './caller.js'
import { GameError } from './json-rpc.js'
import { areNamed, type Params, textParam } from './params.js'
import type { Empire } from './seed.js'
import { BOOST_COST, type Universe } from './universe.js'
import { dateText, profileView } from './views.js'

// The API keys are named here because they take a place in the order. No method looks at one.
export const EMPIRE_METHODS: Methods = {
  'empire.login': {
    params: ['name', 'password', 'api_key', 'browser'],
    run: (universe, params) => enter(universe, authenticate(universe, params)),
  },
  'empire.found': {
    params: ['empire_id', 'api_key', 'invite'],
    run: (universe, params) => {
      const { founded, welcomeMessageId } = universe.found(textParam(params, 'empire_id'))
      const sessionId = universe.startSession(founded)
      return { session_id: sessionId, welcome_message_id: welcomeMessageId, status: status(universe, founded) }
    },
  },
  'empire.reset_password': {
    params: ['reset_key', 'password1', 'password2', 'api_key'],
    run: (universe, params) => {
      const password = samePasswords(params, 'password1', 'password2')
      return enter(universe, universe.resetPassword(textParam(params, 'reset_key'), password))
    },
  },
  'empire.benchmark': {
    params: ['name', 'password', 'api_key'],
    // Seconds a step took. It opens no session.
    run: (universe, params) => {
      const startMs = performance.now()
      const caller = authenticate(universe, params)
      const loggedInMs = performance.now()
      status(universe, caller)
      return { login: (loggedInMs - startMs) / 1_000, status: (performance.now() - loggedInMs) / 1_000 }
    },
  },
  'empire.logout': {
    params: ['session_id'],
    run: (universe, params) => {
      universe.endSession(params.get('session_id'))
      return 1
    },
  },
  'empire.is_name_available': {
    params: ['name'],
    run: (universe, params, _hooks, sent) => {
      universe.checkName(textParam(params, 'name'))
      return areNamed(sent) ? { available: 1 } : 1
    },
  },
  'empire.create': {
    params: ['name', 'password', 'password1'],
    run: (universe, params) => {
      const again = params.has('password1') ? 'password1' : 'password'
      return universe.create(textParam(params, 'name'), samePasswords(params, 'password', again)).id
    },
  },
  'empire.get_status': {
    params: ['session_id'],
    run: (universe, params) => status(universe, player(universe, params)),
  },
  'empire.view_profile': {
    params: ['session_id'],
    run: (universe, params) => {
      const caller = player(universe, params)
      return { profile: profileView(caller), status: status(universe, caller) }
    },
  },
  'empire.boost': {
    params: ['session_id', 'resource'],
    run: (universe, params, { count }) => {
      const caller = player(universe, params)
      const resource = textParam(params, 'resource')
      const untilMs = universe.boost(caller, resource)
      count?.('essentia spent', BOOST_COST)
      return { [`${resource}_boost`]: dateText(untilMs), status: status(universe, caller) }
    },
  },
}

function authenticate(universe: Universe, params: Params): Empire {
  return universe.authenticate(textParam(params, 'name'), textParam(params, 'password'))
}

function enter(universe: Universe, owner: Empire) {
  return { session_id: universe.startSession(owner), status: status(universe, owner) }
}

function samePasswords(params: Params, first: string, second: string): string {
  const password = textParam(params, first)
  if (password !== textParam(params, second)) throw new GameError(1001, 'Passwords do not match.', second)
  return password
}
