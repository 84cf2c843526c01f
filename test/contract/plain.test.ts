// A Keyv that a host built itself, with the options that it happens to have, through the guard of the core.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import KeyvSqlite from '@keyv/sqlite'
import { Keyv } from 'keyv'
import { test } from 'uvu'
import { contract } from './contract.js'
import { guarded } from './keyv-records.js'

const folder = mkdtempSync(join(tmpdir(), 'clientele-'))
const opened: Keyv[] = []
test.after(async () => {
  await Promise.all(opened.map((keyv) => keyv.disconnect()))
  rmSync(folder, { recursive: true, force: true })
})

contract('a plain Keyv in memory', () => ({ open: () => guarded(new Keyv()), hasNoSweep: true, maxBytes: 59_999 }))

contract('a plain Keyv on a Map', () => ({
  open: () => guarded(new Keyv({ store: new Map(), namespace: 'mine', ttl: 3_600_000 })),
  hasNoSweep: true,
  maxBytes: 59_999,
}))

contract('a plain Keyv on @keyv/sqlite', () => ({
  open(prefix) {
    // A commit for each entry and a sync for each commit is what a host gets that asks for nothing; here a disk may be slow.
    const store = new KeyvSqlite(`sqlite://${join(folder, 'plain.sqlite')}`)
    void store.query('PRAGMA synchronous=OFF')
    const keyv = new Keyv({ store, namespace: prefix })
    opened.push(keyv)
    return guarded(keyv)
  },
  hasNoSweep: true,
  takesNamesOnce: true,
  maxBytes: 59_999,
}))

test.run()
