import type { Keyv } from 'keyv'

/** What went through a store. Sizes are of the values, in bytes. */
export interface Traffic {
  writes: number
  recordsWritten: number
  bytesWritten: number
  reads: number
  recordsRead: number
  bytesRead: number
  /** The size of the last value of each name. */
  kept: Map<string, number>
}

/** Counts what goes through a real store from now on. */
export function counted(keyv: Keyv): Traffic {
  const traffic: Traffic = {
    writes: 0,
    recordsWritten: 0,
    bytesWritten: 0,
    reads: 0,
    recordsRead: 0,
    bytesRead: 0,
    kept: new Map(),
  }
  const { setMany, getMany } = keyv
  keyv.setMany = (entries) => {
    traffic.writes++
    for (const { key: name, value } of entries) {
      const bytes = Buffer.byteLength(String(value))
      traffic.recordsWritten++
      traffic.bytesWritten += bytes
      traffic.kept.set(name, bytes)
    }
    return setMany.call(keyv, entries)
  }
  keyv.getMany = async (names: string[]) => {
    traffic.reads++
    const values = await getMany.call(keyv, names)
    traffic.recordsRead += names.length
    for (const value of values) if (typeof value === 'string') traffic.bytesRead += Buffer.byteLength(value)
    return values
  }
  return traffic
}
