import { test } from 'uvu'
import { postgres } from '../../adapters/postgres.js'
import { serverContract } from './outage.js'

serverContract('postgres', postgres, { maxBytes: 20_000_000 })

test.run()
