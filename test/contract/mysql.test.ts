import { test } from 'uvu'
import { mysql } from '../../adapters/mysql.js'
import { serverContract } from './outage.js'

serverContract('mysql', mysql, { maxBytes: 2_000_000 })

test.run()
