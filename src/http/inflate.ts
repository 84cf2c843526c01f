import { promisify } from 'node:util'
import zlib from 'node:zlib'

type Inflate = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>

// Gzip or zlib, as the first bytes say and not the header: co-body's parsers read so, and with them most games.
const unzip: Inflate = promisify(zlib.unzip)
const inflateRaw: Inflate = promisify(zlib.inflateRaw)
const { zstdDecompress } = zlib as { zstdDecompress?: typeof zlib.brotliDecompress }

/** What each encoding may be, the likelier first. */
const inflaters: Record<string, Inflate[]> = {
  gzip: [unzip],
  'x-gzip': [unzip],
  deflate: [unzip, inflateRaw],
  br: [promisify(zlib.brotliDecompress)],
  // From Node.js 22.15.
  ...(zstdDecompress ? { zstd: [promisify(zstdDecompress)] } : {}),
}

/** More layers than anybody packs in. */
const maxLayers = 4

/** Whether a `Content-Encoding` says that bytes are packed. */
export function isPacked(encoding: unknown): boolean {
  return layersOf(encoding).length > 0
}

/**
 * The bytes behind a `Content-Encoding`, and never more of them than the limit, however well they were packed; undefined
 * when they are more, or packed in a way that we do not know.
 */
export async function inflateWithin(bytes: Buffer, encoding: unknown, limitBytes: number): Promise<Buffer | undefined> {
  const layers = layersOf(encoding)
  if (layers.length > maxLayers) return undefined
  let inflated: Buffer | undefined = bytes
  // The last one was put around the others.
  for (const name of layers.reverse()) inflated = inflated && (await inflateOne(inflated, name, limitBytes))
  return inflated
}

/** As text that is plain where it is not packed after all: a host may have put its packing around us, and said so already. */
export async function inflateOrPlain(
  bytes: Buffer,
  encoding: unknown,
  limitBytes: number,
): Promise<Buffer | undefined> {
  const inflated = await inflateWithin(bytes, encoding, limitBytes)
  return inflated ?? (/^\s*[[{"]/.test(bytes.toString('latin1', 0, 64)) ? bytes : undefined)
}

async function inflateOne(bytes: Buffer, name: string, limitBytes: number): Promise<Buffer | undefined> {
  const ways = Object.hasOwn(inflaters, name) ? (inflaters[name] ?? []) : []
  for (const inflate of ways) {
    try {
      return await inflate(bytes, { maxOutputLength: limitBytes })
    } catch {
      // Too long, or another way is the right one.
    }
  }
  return undefined
}

function layersOf(encoding: unknown): string[] {
  return String(encoding ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity')
}
