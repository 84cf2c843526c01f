// Reads a page as a tree, and holds what it says against what it should say: a number that nobody claims is a fault.

export interface Element {
  tag: string
  attributes: Record<string, string>
  children: (Element | string)[]
}

/** A row of the table that a test compares: a place, what it tells, what it should say, and what it says. */
export interface Row {
  where: string
  what: string
  expected: string
  shown: string
}

/** What a person hears or sees of an element beside its text. */
const readAttributes = ['alt', 'aria-label', 'placeholder', 'title']

export class Page {
  readonly rows: Row[] = []
  readonly root: Element
  readonly #claimed = new Set<Element>()
  /** Texts that are the same whatever was played: they may be in an attribute too. */
  readonly #fixed = new Set<string>()
  readonly #byText = new Map<string, Element[]>()

  constructor(
    readonly where: string,
    html: string,
  ) {
    this.root = parse(html)
    for (const element of this.#every(this.root)) {
      const text = textOf(element)
      this.#byText.set(text, [...(this.#byText.get(text) ?? []), element])
    }
  }

  /** Elements by tag and class, such as `p.hint`, in their order. */
  all(name: string, within: Element | undefined = this.root): Element[] {
    const [tag, className] = name.split('.')
    const fits = ({ tag: its, attributes }: Element) =>
      (tag === '' || its === tag) &&
      (className === undefined || (attributes.class ?? '').split(' ').includes(className))
    const inside = (within?.children ?? []).filter((child) => typeof child !== 'string')
    return inside.flatMap((child) => [...(fits(child) ? [child] : []), ...this.all(name, child)])
  }

  byId(id: string): Element | undefined {
    return this.#every(this.root).find(({ attributes }) => attributes.id === id)
  }

  /** The whole text of an element. */
  claim(what: string, element: Element | undefined, expected: string): void {
    this.row(what, textOf(element), plain(expected))
    if (element) this.#claimed.add(element)
  }

  /** The numbers in a sentence, and names that matter, in their order; there is no other digit in it. `said`: its words. */
  sentence(what: string, element: Element | undefined, parts: readonly string[], said = ''): void {
    const text = textOf(element)
    if (!text.includes(plain(said))) this.row(`${what}, in words`, text, said)
    const escaped = parts.map((part) => plain(part).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    const isAsExpected = new RegExp(`^\\D*${escaped.join('\\D*')}${parts.length > 0 ? '\\D*' : ''}$`).test(text)
    this.row(what, text, isAsExpected ? text : `… ${parts.map(plain).join(' … ')} …`)
    if (element) this.#claimed.add(element)
  }

  /** A text that is the same whatever was played, with these numbers in it; every element that says it. */
  fixed(text: string, ...numbers: string[]): void {
    this.#fixed.add(plain(text))
    for (const element of this.#byText.get(plain(text)) ?? []) this.sentence(`“${text}”`, element, numbers)
  }

  row(what: string, shown: string, expected: string): void {
    this.rows.push({ where: this.where, what, expected, shown })
  }

  /** Rows that are not as they should be, and numbers that are in no row. */
  faults(): Row[] {
    const unclaimed = this.#unclaimed(this.root).map((shown) => {
      return { where: this.where, what: 'in no row', expected: '', shown }
    })
    return [...this.rows.filter(({ expected, shown }) => expected !== shown), ...unclaimed]
  }

  #every(element: Element): Element[] {
    return element.children.flatMap((child) => (typeof child === 'string' ? [] : [child, ...this.#every(child)]))
  }

  #unclaimed(element: Element): string[] {
    if (this.#claimed.has(element)) return []
    const heard = readAttributes.map((name) => plain(element.attributes[name] ?? ''))
    const said = heard.filter((text) => !this.#fixed.has(text))
    const texts = element.children.filter((child) => typeof child === 'string')
    // A cell tells a number in words too: withheld, none, new. The corner of a table is an empty one, or names its rows.
    const isCell = element.tag === 'td' && textOf(element) !== ''
    return [
      ...(isCell ? [textOf(element)] : []),
      ...[...said, ...texts].map(plain).filter((text) => /\d/.test(text)),
      ...element.children.flatMap((child) => (typeof child === 'string' ? [] : this.#unclaimed(child))),
    ]
  }
}

export interface PageTable {
  heads: Element[]
  /** Cells over the names of the rows. */
  corners: Element[]
  rows: { head: Element; name: string; client?: string; cells: Element[] }[]
}

/** Rows by their names, in the order of the page, and the words over the columns. */
export function checkTable(
  page: Page,
  what: string,
  tables: readonly PageTable[],
  heads: readonly string[],
  expected: ReadonlyMap<string, { head?: string; cells: readonly string[] }>,
): void {
  const rows = tables.flatMap((table) => table.rows)
  const idOf = ({ client, name }: PageTable['rows'][number]) =>
    client !== undefined && expected.has(client) ? client : name
  page.row(`${what}: rows`, rows.map(idOf).join(' | '), [...expected.keys()].join(' | '))
  for (const table of tables) {
    page.row(`${what}: columns`, table.heads.map((head) => textOf(head)).join(' | '), heads.join(' | '))
    for (const head of table.heads) page.claim(`${what}: column`, head, textOf(head))
    for (const corner of table.corners) page.claim(`${what}: corner`, corner, textOf(corner))
  }
  for (const row of rows) {
    const { head, cells = [] } = expected.get(idOf(row)) ?? {}
    page.claim(`${what}: ${row.name}`, row.head, head ?? row.name)
    for (const [at, cell] of row.cells.entries())
      page.claim(`${what}: ${row.name} ${at + 1}`, cell, cells[at] ?? '(none)')
    page.row(`${what}: ${row.name}, cells`, String(row.cells.length), String(cells.length))
  }
}

/** Tables by the label of the box that they scroll in. */
export function tablesNamed(page: Page, name: string): PageTable[] {
  const boxes = page.all('div.scroll').filter(({ attributes }) => {
    return attributes['aria-label'] === name || attributes['aria-labelledby'] === name
  })
  return boxes.map((box) => ({
    heads: page.all('th', box).filter(({ attributes }) => attributes.scope?.startsWith('col')),
    corners: page.all('thead', box).flatMap((head) => page.all('td', head)),
    rows: page.all('tr', box).flatMap((line) => {
      const head = page.all('th', line).find(({ attributes }) => attributes.scope === 'row')
      if (!head) return []
      const [link] = page.all('a', head)
      const client = link && new URL(link.attributes.href ?? '', 'http://a/').searchParams.get('public_key')
      const name = textOf(page.all('bdi', head)[0] ?? head)
      return [{ head, name, ...(client && { client }), cells: page.all('td', line) }]
    }),
  }))
}

export function textOf(element: Element | undefined): string {
  if (!element) return '(missing)'
  const text = (one: Element): string =>
    one.children
      .map((child) => {
        if (typeof child === 'string') return child
        return /^(wbr|a|b|bdi|code|strong)$/.test(child.tag) ? text(child) : ` ${text(child)} `
      })
      .join('')
  return plain(text(element))
}

function plain(text: string): string {
  return text.replace(/[\s\u00a0\u202f]+/g, ' ').trim()
}

function parse(html: string): Element {
  const root: Element = { tag: '', attributes: {}, children: [] }
  const open = [root]
  for (const [, end, tag, attributes = '', closed, text] of html.matchAll(
    /<(\/?)([\w!-]+)((?:\s+[^\s=>/]+(?:="[^"]*")?)*)\s*(\/?)>|([^<]+)/g,
  )) {
    const parent = open.at(-1) ?? root
    if (text !== undefined) parent.children.push(decoded(text))
    else if (end) {
      if (open.pop()?.tag !== tag) throw new Error(`</${tag}> closes another element`)
    } else if (tag !== undefined && !tag.startsWith('!')) {
      const element: Element = { tag, attributes: {}, children: [] }
      for (const [, name = '', value = ''] of attributes.matchAll(/([^\s=]+)(?:="([^"]*)")?/g)) {
        element.attributes[name] = decoded(value)
      }
      parent.children.push(element)
      if (!closed && !/^(br|img|input|link|meta|wbr)$/.test(tag)) open.push(element)
    }
  }
  if (open.length > 1) throw new Error(`<${open.at(-1)?.tag}> is not closed`)
  return root
}

function decoded(html: string): string {
  const letters: Record<string, string> = { lt: '<', gt: '>', quot: '"', amp: '&', '#39': "'" }
  return html.replace(/&(lt|gt|quot|amp|#39);/g, (_, name: string) => letters[name] ?? '')
}
