/** A piece of a message: plain text, or a text in an element. */
export type RichPart =
  | string
  | { tag: 'code' | 'strong' | 'bdi'; text: string }
  | { tag: 'a'; href: string; text: string }
/** A message with elements in it. The mixin `rich` in templates/parts.pug draws it, and pug escapes every piece. */
export type Rich = readonly RichPart[]

/** rich`Send ${code('anonymous')} as the key.` */
export function rich(texts: TemplateStringsArray, ...parts: RichPart[]): Rich {
  return texts.flatMap((text, at) => [text, ...parts.slice(at, at + 1)])
}

export function code(text: string): RichPart {
  return { tag: 'code', text }
}

export function strong(text: string): RichPart {
  return { tag: 'strong', text }
}

/** A name that somebody typed: it may be in a script that runs the other way. */
export function bdi(text: string): RichPart {
  return { tag: 'bdi', text }
}

export function link(href: string, text: string): RichPart {
  return { tag: 'a', href, text }
}

/** Names, with commas between them. */
export function listed(names: readonly string[]): RichPart[] {
  return names.flatMap((name, at) => (at === 0 ? [code(name)] : [', ', code(name)]))
}
