import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'

const inflaters = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
}

/**
 * The bytes behind a `Content-Encoding`, and never more of them than the limit, however well they were packed; undefined
 * when they are more, or the encoding is none of gzip, deflate and br.
 */
export async function inflateWithin(
  bytes: Buffer,
  encoding: string | undefined,
  limitBytes: number,
): Promise<Buffer | undefined> {
  const name = encoding?.trim().toLowerCase() ?? ''
  if (name === '' || name === 'identity') return bytes
  if (!Object.hasOwn(inflaters, name)) return undefined
  try {
    return await inflaters[name as keyof typeof inflaters](bytes, { maxOutputLength: limitBytes })
  } catch {
    return undefined
  }
}
