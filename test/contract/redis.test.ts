import { test } from 'uvu'
import { redis } from '../../adapters/redis.js'
import { serverContract } from './outage.js'

serverContract('redis', redis, { hasNoSweep: true, maxBytes: 20_000_000 })

test.run()
