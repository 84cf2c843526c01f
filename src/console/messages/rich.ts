/** A piece of a message: plain text, or a text in an element. */
export type Part = string | { tag: 'code' | 'strong' | 'bdi'; text: string } | { tag: 'a'; href: string; text: string }
/** A message with elements in it. The mixin `rich` in templates/parts.pug draws it, and pug escapes every piece. */
export type Rich = readonly Part[]

/** rich`Send ${code('anonymous')} as the key.` */
export function rich(texts: TemplateStringsArray, ...parts: Part[]): Rich {
  return texts.flatMap((text, at) => [text, ...parts.slice(at, at + 1)])
}

export function code(text: string): Part {
  return { tag: 'code', text }
}

export function strong(text: string): Part {
  return { tag: 'strong', text }
}

/** A name that somebody typed: it may be in a script that runs the other way. */
export function bdi(text: string): Part {
  return { tag: 'bdi', text }
}

export function link(href: string, text: string): Part {
  return { tag: 'a', href, text }
}

/** Names, with commas between them. */
export function listed(names: readonly string[]): Part[] {
  return names.flatMap((name, at) => (at === 0 ? [code(name)] : [', ', code(name)]))
}
