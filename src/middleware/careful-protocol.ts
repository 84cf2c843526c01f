import type { Protocol } from '../protocols/protocol.js'

/**
 * A protocol whose functions do not throw, whoever wrote it: what fails is told, and the request is as good as none of its own. Only
 * `refuse` and `join` may: what they were asked for there is no other way to say.
 */
export function careful(protocol: Protocol, fail: (error: unknown) => void): Protocol {
  // Every request of the server comes to `matches`, so none of these has a closure of its own.
  const { batch } = protocol
  const guarded: Protocol = {
    ...protocol,
    refuse: (request, refusals) => protocol.refuse(request, refusals),
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
      join: (request, refusals, answer) => batch.join(request, refusals, answer),
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
