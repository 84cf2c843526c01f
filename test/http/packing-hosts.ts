// Hosts that pack what their game answers: as koa-compress does, which replaces the body, and as Express's compression, which
// stands in for the methods of the response.
import { Readable, Stream } from 'node:stream'
import { createGzip } from 'node:zlib'
import type Koa from 'koa'

export interface Wrapper {
  outer?: Koa.Middleware[]
  inner?: Koa.Middleware[]
}

const byBody: Koa.Middleware = async (ctx, next) => {
  await next()
  const { body } = ctx
  const isStream = body instanceof Stream
  if (
    ctx.respond === false ||
    ctx.res.headersSent ||
    ctx.method === 'HEAD' ||
    ctx.response.get('content-encoding') !== ''
  )
    return
  if (
    typeof body !== 'string' &&
    !Buffer.isBuffer(body) &&
    !isStream &&
    Object.getPrototypeOf(body ?? 0) !== Object.prototype
  )
    return
  const packer = createGzip()
  let text: unknown = body
  if (!isStream && typeof body === 'object' && !Buffer.isBuffer(body)) text = JSON.stringify(body)
  ctx.set('content-encoding', 'gzip')
  ctx.remove('content-length')
  ctx.body = packer
  if (!isStream) packer.end(text)
  else if (body instanceof Readable) body.on('error', (error) => packer.destroy(error)).pipe(packer)
  else (body as Stream).on('error', (error: Error) => packer.destroy(error)).pipe(packer)
}

const byMethods: Koa.Middleware = (ctx, next) => {
  const { res } = ctx
  const { writeHead } = res
  const { write, end } = res as unknown as Record<'write' | 'end', (...args: unknown[]) => unknown>
  let packer: ReturnType<typeof createGzip> | undefined
  let isBegun = false
  function begin() {
    if (isBegun) return
    isBegun = true
    const isEmpty = ctx.method === 'HEAD' || [204, 304].includes(res.statusCode) || res.headersSent
    if (isEmpty || res.hasHeader('content-encoding')) return
    packer = createGzip()
    res.setHeader('content-encoding', 'gzip')
    res.removeHeader('content-length')
    packer.on('data', (part: Buffer) => {
      if (write.call(res, part) === false) packer?.pause()
    })
    packer.on('drain', () => res.emit('drain'))
    packer.on('end', () => end.call(res))
    res.on('drain', () => packer?.resume())
    res.on('close', () => packer?.destroy())
  }
  Object.assign(res, {
    write(part: Buffer, ...more: []) {
      begin()
      return packer ? packer.write(part, ...more) : write.call(res, part, ...more)
    },
    end(part?: Buffer, ...more: []) {
      begin()
      if (!packer) return end.call(res, part, ...more)
      if (part === undefined || part === null || typeof part === 'function') packer.end(part)
      else packer.end(part, ...more)
      return res
    },
    writeHead(...args: Parameters<typeof writeHead>) {
      if (isBegun) return writeHead.apply(res, args)
      for (const given of args) {
        if (typeof given !== 'object') continue
        if (!Array.isArray(given))
          for (const [name, value] of Object.entries(given)) res.setHeader(name, value as string)
        else {
          const flat = given.flat() as string[]
          for (let at = 0; at < flat.length; at += 2) res.appendHeader(String(flat[at]), String(flat[at + 1]))
        }
      }
      res.statusCode = args[0]
      begin()
      return writeHead.call(res, args[0])
    },
  })
  return next()
}

export const wrappers: Record<string, Wrapper> = {
  'as a body outside of us': { outer: [byBody] },
  'as a body inside of us': { inner: [byBody] },
  'by methods outside of us': { outer: [byMethods] },
  'by methods inside of us': { inner: [byMethods] },
}
