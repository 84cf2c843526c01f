/** What may lead to one address by another spelling. */
const unusual = /[%\\;]|\/[/.]|^[^/]|[.\s]$/

/**
 * The ways in which a host may take an address: as it is; decoded (`/%72pc`); without what leads nowhere (`/./rpc`,
 * `/x/../rpc`, `//rpc`); as Node's own `URL` has it, to which `//x/rpc` names a host; and as servers of Java and of Windows, without
 * `;x=1` in its parts and dots and spaces at its end.
 */
export function addressesOf(path: string): readonly string[] {
  if (!unusual.test(path)) return [path]
  const decoded = decodeAddress(path)
  const plain = normalized(decoded)
  const url = URL.canParse(path, 'http://host') ? decodeAddress(new URL(path, 'http://host').pathname) : plain
  const unmarked = normalized(decoded.replace(/;[^/]*/g, ''))
  const bare = unmarked.replace(/(?<![.\s])[.\s]+(?=\/|$)/g, '')
  return [...new Set([path, decoded, plain, url, unmarked, normalized(bare)])]
}

function normalized(path: string): string {
  const parts: string[] = []
  for (const part of path.replaceAll('\\', '/').split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

// An encoded slash stays inside its part.
export function decodeAddress(text: string): string {
  return text.includes('%') ? text.split('/').map(decodePart).join('/') : text
}

function decodePart(part: string): string {
  try {
    return decodeURI(part)
  } catch {
    return part
  }
}
