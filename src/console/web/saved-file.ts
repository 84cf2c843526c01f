import type { Messages } from '../messages/en/en.js'

/** A text that a link saves: no script, no second request, and a private key leaves the browser no second time. */
export interface SavedFile {
  href: string
  name: string
}

/** The file of a client's keys. `title` is the game's. */
export function savedFile(
  { registered, layout }: Messages,
  title: string | undefined,
  client: { name: string; publicKey: string; privateKey: string },
): SavedFile {
  const { name, publicKey, privateKey } = client
  const text = registered.file(name, title ?? layout.thisServer, publicKey, privateKey)
  const href = `data:text/plain;charset=utf-8,${encodeURIComponent(text)}`
  return { href, name: `api-key-${slug(name)}.txt` }
}

/** A client's name as a file's. */
export function slug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-zA-Z0-9]+/g, '-')
  return plain.replace(/^-+|-+$/g, '').toLowerCase() || 'client'
}
