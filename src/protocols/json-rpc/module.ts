import { match } from 'path-to-regexp'
import { addressesOf } from '../addresses.js'

/** What an address says of a call. */
export interface Module {
  /** What comes before a method's name in a feature, `empire.`, in each of the ways in which a host may take the address. */
  names: readonly string[]
  /** There is one way. */
  isSure: boolean
}

/** The module of an address; undefined where the API does not live. */
export function moduleOf(path: string): (address: string) => Module | undefined {
  const matchPath = match<Record<string, string>>(path, { decode })
  return remembered(maxAddresses, (given) => {
    const names = addressesOf(given).flatMap((address) => {
      const found = matchPath(address)
      return found
        ? Object.values(found.params)
            .map((part) => `${String(part).toLowerCase()}.`)
            .join('')
        : []
    })
    const different = [...new Set(names)]
    if (different.length === 0) return undefined
    return { names: different, isSure: different.length === 1 && !/[/\\;?#%]/.test(different[0] as string) }
  })
}

/** Addresses that are remembered; clients may send more. */
const maxAddresses = 1_000
const maxAddressLength = 256

/** A function of an address, asked for with every request: a look-up takes a tenth of what a regular expression takes. */
function remembered<Value>(most: number, work: (path: string) => Value): (path: string) => Value {
  const known = new Map<string, Value>()
  return (path) => {
    const value = known.get(path)
    if (value !== undefined || known.has(path)) return value as Value
    const found = work(path)
    if (known.size >= most) known.clear()
    if (path.length <= maxAddressLength) known.set(path, found)
    return found
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
