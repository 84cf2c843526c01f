// With `handOver` we stand in for the body parser that comes later: what it would have refused or left alone we leave to it.
import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { bodyParser } from '@koa/bodyparser'
import Koa from 'koa'
import koaBodyParser from 'koa-bodyparser'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { memory } from '../../adapters/memory.js'
import { clientele, lacuna } from '../../src/index.js'
import { secret, serve } from '../helpers/serve.js'

const plain = Buffer.from('{"id":1,"method":"view","params":["x"]}')
const bodies: Record<string, Buffer> = {
  plain,
  poisonous: Buffer.from('{"id":1,"method":"view","params":{"__proto__":{"admin":true}}}'),
  escaped: Buffer.from('{"id":1,"method":"view","params":{"\\u005f_proto__":{"admin":true}}}'),
  broken: Buffer.from('{"id":1,'),
  marked: Buffer.from(`\ufeff${plain}`),
  wide: Buffer.from(String(plain), 'utf16le'),
  scalar: Buffer.from('"view"'),
  gzip: gzipSync(plain),
  deflate: deflateSync(plain),
  raw: deflateRawSync(plain),
  br: brotliCompressSync(plain),
  twice: gzipSync(gzipSync(plain)),
}
const encodings = [
  undefined,
  'identity',
  'IDENTITY',
  'gzip',
  'GZIP',
  'x-gzip',
  'gzip,gzip',
  'deflate',
  'br',
  'zstd',
  'nothing',
]
const types = [
  undefined,
  'application/json',
  'application/json; charset=utf-8',
  'application/json ; charset="utf-8"',
  'application/json; charset',
  'application/json;;',
  'application/json; a="',
  'APPLICATION/JSON',
  'application/vnd.api+json',
  'text/plain',
  'text/json',
  'application/x-www-form-urlencoded',
  'application/problem+json',
]
const methods = ['POST', 'PUT', 'PATCH', 'GET', 'DELETE', 'COPY']

const parsers: Record<string, () => Koa.Middleware> = {
  '@koa/bodyparser': () => bodyParser() as Koa.Middleware,
  'koa-bodyparser': () => koaBodyParser() as unknown as Koa.Middleware,
}

for (const [name, parser] of Object.entries(parsers)) {
  test(`nothing that ${name} does not take as it is`, async () => {
    const clients = clientele({ store: memory(), protocol: lacuna(), secret, handOver: true, onError: () => {} })
    const app = (isOurs: boolean) => {
      const koa = new Koa()
      if (isOurs) koa.use(clients.middleware())
      koa.use(parser())
      koa.use((ctx) => {
        const { body } = ctx.request as { body?: unknown }
        ctx.body = JSON.stringify([body ?? null, Object.getPrototypeOf(body ?? {}) === Object.prototype])
      })
      return koa
    }
    const cases = [
      ...types.flatMap((type) => methods.map((method) => ({ type, method, encoding: undefined, body: 'plain' }))),
      ...Object.keys(bodies).flatMap((body) =>
        encodings.map((encoding) => ({ type: 'application/json', method: 'POST', encoding, body })),
      ),
    ]
    let parsed = 0
    await serve(app(true), (ours) =>
      serve(app(false), async (bare) => {
        for (const one of cases) {
          const [with_, without] = [await ask(ours, one), await ask(bare, one)]
          if (without.includes('view')) parsed++
          assert.is(with_, without, JSON.stringify(one))
        }
      }),
    )
    assert.ok(parsed > 20)
    await clients.close()
  })
}

interface Case {
  type: string | undefined
  method: string
  encoding: string | undefined
  body: string
}

async function ask(url: string, { type, method, encoding, body }: Case): Promise<string> {
  const bytes = bodies[body] ?? plain
  const headers = {
    'content-length': bytes.length,
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  }
  const sent = request(`${url}/empire`, { method, headers })
  const [answer] = await once(sent.end(bytes), 'response')
  return `${answer.statusCode} ${await text(answer)}`
}

test.run()
