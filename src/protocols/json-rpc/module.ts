import { match } from 'path-to-regexp'
import { addressesOf } from '../addresses.js'

/** What an address says of a call. */
export interface Module {
  /**
   * What comes before a method's name in a feature, `empire.`, in each of the ways in which a host may take the address; none where
   * the API does not live.
   */
  names: readonly string[]
  /** There is one way. */
  isSure: boolean
}

/** Addresses that are remembered; clients may send more. */
const maxAddresses = 1_000
const maxAddressLength = 256
const noModule: Module = { names: [], isSure: true }

/**
 * Tells the module of an address. It is asked with every request: a look-up takes a tenth of what a regular expression takes. A plain
 * map that is emptied when it is full: an LRU cache took a third more for a look-up, which is most of what a foreign request costs.
 */
export function moduleFinder(path: string): (address: string) => Module {
  const matchPath = match<Record<string, string>>(path, { decode })
  const known = new Map<string, Module>()

  function find(address: string): Module {
    const names = new Set<string>()
    for (const one of addressesOf(address)) {
      const found = matchPath(one)
      if (found)
        names.add(
          Object.values(found.params)
            .map((part) => `${String(part).toLowerCase()}.`)
            .join(''),
        )
    }
    const [first] = names
    if (first === undefined) return noModule
    return { names: [...names], isSure: names.size === 1 && !/[/\\;?#%]/.test(first) }
  }

  return (address) => {
    const before = known.get(address)
    if (before !== undefined) return before
    const module = find(address)
    if (known.size >= maxAddresses) known.clear()
    if (address.length <= maxAddressLength) known.set(address, module)
    return module
  }
}

// A host's router may decode; what cannot be decoded stays as it is.
function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
