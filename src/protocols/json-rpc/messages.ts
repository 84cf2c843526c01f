import type { GameRequest } from '../protocol.js'
import { jsonOf, member } from '../text/json-pointer.js'
import { JsonText, type Path, parseJson, readJson } from '../text/json-text.js'
import { asOtherFields, decodeText, fieldsOf, mayBeForm } from '../text/text-form.js'

/** One message of a request. */
export interface Message {
  /** As the game most likely reads it; undefined where the message is no call. */
  method: string | undefined
  /** As another game could read it: the first of two members, a list of one name. */
  otherMethods: readonly string[]
  id: unknown
  params: unknown
  /** Where it stands in the body. */
  path: Path
  /** What the client wrote for a value of the message: `['id']`, `['params', 0]`. */
  written(path: Path): string | undefined
}

/** One way to read a request: all of its messages, those of nested batches too. */
export interface RequestMessages {
  list: readonly Message[]
  /** The body that they stand in, where it is JSON. */
  json: JsonText | undefined
}

/** A method, as letters or written with `%`. */
const mayName = /method|%/i
const none: readonly string[] = []
/** More of it is no batch of anybody. */
const deepestBatch = 8
/** As parsers of forms have it. */
const deepestField = 5

/** The ways in which a game may read a request, the likeliest first; none where its batch is larger than `maxBatch`. */
export function possibleMessages(request: GameRequest, maxBatch: number): RequestMessages[] {
  const readings: RequestMessages[] = []
  const { parsed, body, query } = request
  const json = parsed !== undefined ? new JsonText(parsed, body) : body && body.length > 0 ? readJson(body) : undefined
  const isJson = typeof json?.value === 'object' && json.value !== null
  if (json && isJson) {
    const messages = messagesOf(json, parsed === undefined, maxBatch)
    // Nor in its address: that would be a call in the place of all the others.
    if (!messages) return []
    readings.push(messages)
  }
  const form = body && parsed === undefined && (!isJson || mayBeForm(request)) ? decodeText(body) : ''
  const inJson = isJson && !Array.isArray(json?.value) ? (json?.value as object) : undefined
  readings.push(...readingsOfFields(form, query, inJson))
  const others = [asOtherFields(form), asOtherFields(query)] as const
  if (others[0] !== form || others[1] !== query) readings.push(...readingsOfFields(...others, inJson))
  return readings
}

function readingsOfFields(form: string, query: string, inJson: object | undefined): RequestMessages[] {
  const readings: RequestMessages[] = []
  if (mayName.test(form)) readings.push(messageOfFields(fieldsOf(form), form))
  if (!mayName.test(query)) return readings
  const fields = fieldsOf(query)
  readings.push(messageOfFields(fields, query))
  // Some games put both together.
  for (const inBody of [form === '' ? undefined : fieldsOf(form), inJson]) {
    if (inBody) readings.push(messageOfFields({ ...fields, ...inBody }, query))
  }
  return readings
}

/** `isText`: nobody has parsed it before, so that it is open which of two members a game takes. */
function messagesOf(json: JsonText, isText: boolean, maxBatch: number): RequestMessages | undefined {
  const { value } = json
  if (!Array.isArray(value)) return { json, list: [messageOf(json, value, [], isText && isAmbiguous(json, 1))] }
  const found = messagesIn(value, maxBatch)
  if (!found) return undefined
  const doubt = isText && isAmbiguous(json, found.length)
  return { json, list: found.map(([one, path]) => messageOf(json, one, path, doubt)) }
}

/** Of the batches in it too; undefined where they are too many, so that no more of them are looked at. */
function messagesIn(batch: readonly unknown[], maxBatch: number): [value: unknown, path: Path][] | undefined {
  const found: [unknown, Path][] = []
  let size = 0
  const isWithin = (list: readonly unknown[], path: Path): boolean => {
    for (const [index, one] of list.entries()) {
      const inside = [...path, index]
      const isBatch = Array.isArray(one) && inside.length < deepestBatch
      if (isBatch && one.length > 0) {
        if (!isWithin(one, inside)) return false
        continue
      }
      size++
      if (size > maxBatch) return false
      if (!isBatch) found.push([one, inside])
    }
    return true
  }
  return isWithin(batch, []) ? found : undefined
}

function messageOf(json: JsonText, value: unknown, path: Path, isInDoubt: boolean): Message {
  const said = member(value, 'method')
  const method = typeof said === 'string' ? said : undefined
  const at = said === undefined ? memberInAnyCase : member
  const params = at(value, 'params')
  return {
    method,
    otherMethods: isInDoubt || method === undefined || hasTwin(value) ? othersOf(json, value, path) : none,
    id: at(value, 'id'),
    params: typeof params === 'string' ? parseJson(params) : params,
    path,
    written: (inside) => json.written([...path, ...inside]),
  }
}

function memberInAnyCase(value: unknown, wanted: string): unknown {
  const name = Object.keys(value ?? {}).find((one) => one.toLowerCase() === wanted)
  return name === undefined ? undefined : member(value, name)
}

// Go's and C#'s parsers take members by name in any case.
function hasTwin(value: unknown): boolean {
  for (const name in value as object) if (isMethod(name) && name !== 'method') return true
  return false
}

function isMethod(name: string): boolean {
  return name.length === 6 && name.toLowerCase() === 'method'
}

// An escape can stand in a name, and a name in a message more than once.
function isAmbiguous(json: JsonText, messages: number): boolean {
  const text = json.cuttable ?? ''
  if (text.includes('\\u')) return true
  let count = 0
  // In whatever quotes, or in none.
  for (let at = text.indexOf('method'); at >= 0; at = text.indexOf('method', at + 6)) count++
  return count !== messages
}

function othersOf(json: JsonText, value: unknown, path: Path): string[] {
  const span = json.spanOf(path)
  const said = span
    ? json.members(span).flatMap(([name, at]) => (isMethod(name) ? [json.read(at)] : []))
    : Object.entries(typeof value === 'object' && value !== null ? value : {}).flatMap(([name, one]) =>
        isMethod(name) ? [one] : [],
      )
  return [...new Set(said.flatMap(textOf))]
}

/** As languages make a text of what is none: `["login"]` is `login` to JavaScript. */
function textOf(value: unknown): string[] {
  try {
    return value === undefined || value === null ? [] : [String(value)]
  } catch {
    return []
  }
}

/** A form or a query: `method=login&params[0]=ada`, `method=login&params=["ada"]` or the params as fields of their own. */
function messageOfFields(fields: Readonly<Record<string, unknown>>, text: string): RequestMessages {
  const methods = [
    ...new Set([
      ...[fields.method].flat().flatMap((one) => leavesOf(one)),
      ...[...new URLSearchParams(text)].flatMap(([name, value]) =>
        isMethod(name.replace(/\[.*/s, '')) ? [value] : [],
      ),
    ]),
  ]
  const json = typeof fields.params === 'string' ? readJson(fields.params) : undefined
  const message: Message = {
    method: methods[0],
    otherMethods: methods.slice(1),
    id: fields.id,
    params: json ? json.value : typeof fields.params === 'object' ? fields.params : fields,
    path: [],
    written: ([first, ...rest]) => (first === 'params' ? json?.written(rest) : undefined),
  }
  return { list: [message], json: undefined }
}

function leavesOf(value: unknown, depth = 0): string[] {
  if (typeof value !== 'object' || value === null) return textOf(value)
  return depth > deepestField ? [] : Object.values(value).flatMap((one) => leavesOf(one, depth + 1))
}

/** The body without the messages at these paths, as the client wrote the others; undefined where nothing is left. */
export function withoutPaths(
  { json }: RequestMessages,
  paths: readonly Path[],
): { parsed: unknown; body: Uint8Array | string } | undefined {
  if (!json || !Array.isArray(json.value)) return undefined
  const gone = new Set(paths.map(String))
  const parsed = valuesWithout(json.value, [], gone)
  if (!Array.isArray(parsed)) return undefined
  const span = json.spanOf([])
  const cut = span && cutWithout(json, span.start, [], gone)
  return { parsed, body: cut === undefined || cut === '' ? jsonOf(parsed) : json.encode(cut) }
}

function valuesWithout(value: unknown, path: Path, gone: ReadonlySet<string>): unknown {
  if (gone.has(String(path))) return undefined
  if (!Array.isArray(value) || path.length >= deepestBatch) return value
  const kept = value.map((one, index) => valuesWithout(one, [...path, index], gone)).filter((one) => one !== undefined)
  return kept.length === 0 && value.length > 0 ? undefined : kept
}

function cutWithout(json: JsonText, start: number, path: Path, gone: ReadonlySet<string>): string {
  const kept = json.elements(start).flatMap((span, index) => {
    const inside = [...path, index]
    if (gone.has(String(inside))) return []
    // An empty one has nothing to take out.
    const isBatch = inside.length < deepestBatch && json.elements(span.start).length > 0
    const cut = isBatch ? cutWithout(json, span.start, inside, gone) : json.cut(span)
    return cut === '' ? [] : [cut]
  })
  return kept.length === 0 ? '' : `[${kept.join(',')}]`
}
