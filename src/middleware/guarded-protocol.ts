import { ClienteleError } from '../errors.js'
import type { Protocol } from '../protocols/protocol.js'

/**
 * A protocol whose functions do not throw, whoever wrote it: what fails is told, and the request is as good as none of its own. Only
 * `refuse` and `join` may, and throw what would have been told: what they were asked for there is no other way to say.
 */
export function guardProtocol(protocol: Protocol, onError: (error: ClienteleError) => void): Protocol {
  const fail = (error: unknown) => onError(protocolFailed(error))
  // Every request of the server comes to `matches`, so none of these has a closure of its own.
  const { batch } = protocol
  const guarded: Protocol = {
    ...protocol,
    refuse(request, refusals) {
      try {
        return protocol.refuse(request, refusals)
      } catch (error) {
        throw protocolFailed(error)
      }
    },
    matches(method, path) {
      try {
        return protocol.matches(method, path)
      } catch (error) {
        fail(error)
        return false
      }
    },
    read(request) {
      try {
        return protocol.read(request)
      } catch (error) {
        fail(error)
        return []
      }
    },
    learn(call, answer) {
      try {
        return protocol.learn(call, answer) ?? {}
      } catch (error) {
        fail(error)
        return {}
      }
    },
    misses(call, answer) {
      try {
        return protocol.misses?.(call, answer)
      } catch (error) {
        fail(error)
        return undefined
      }
    },
  }
  const { handsOut, isFeature, readsBody } = protocol
  if (readsBody) {
    guarded.readsBody = (request) => {
      try {
        return readsBody(request)
      } catch (error) {
        fail(error)
        return true
      }
    }
  }
  if (isFeature) {
    guarded.isFeature = (call, answer) => {
      try {
        return isFeature(call, answer)
      } catch (error) {
        fail(error)
        return false
      }
    }
  }
  if (handsOut) {
    guarded.handsOut = (request, calls, answer) => {
      try {
        return handsOut(request, calls, answer)
      } catch (error) {
        fail(error)
        return []
      }
    }
    guarded.mayHandOut = (path, calls) => {
      try {
        return protocol.mayHandOut?.(path, calls) ?? true
      } catch (error) {
        fail(error)
        return true
      }
    }
  }
  if (batch) {
    guarded.batch = {
      join(request, refusals, answer) {
        try {
          return batch.join(request, refusals, answer)
        } catch (error) {
          throw protocolFailed(error)
        }
      },
      without(request, refusals) {
        try {
          return batch.without(request, refusals)
        } catch (error) {
          fail(error)
          return undefined
        }
      },
    }
  }
  return guarded
}

function protocolFailed(cause: unknown): ClienteleError {
  return new ClienteleError('protocol_failed', 'A protocol threw; the request passed.', { cause })
}
