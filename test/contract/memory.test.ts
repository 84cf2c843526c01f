import type { Keyv } from 'keyv'
import { test } from 'uvu'
import { memory } from '../../adapters/memory.js'
import { contract } from './contract.js'
import { recordsOf } from './keyv-records.js'

// Each call is a store of its own, so nothing else could see its records.
contract('memory', () => ({
  open: (): ReturnType<typeof recordsOf> => recordsOf(memory() as Keyv),
  maxBytes: Infinity,
}))

test.run()
