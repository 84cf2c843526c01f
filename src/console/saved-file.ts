/** A text that a link saves: no script, no second request, and a private key leaves the browser no second time. */
export interface SavedFile {
  href: string
  name: string
}

/** The file of a client's keys. */
export function savedFile(clientName: string, text: string): SavedFile {
  const href = `data:text/plain;charset=utf-8,${encodeURIComponent(text)}`
  return { href, name: `api-key-${slug(clientName)}.txt` }
}

/** A client's name as a file's. */
export function slug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-zA-Z0-9]+/g, '-')
  return plain.replace(/^-+|-+$/g, '').toLowerCase() || 'client'
}
