import { isPacked } from '../../http/inflate.js'
import { type BodySource, readWholeBody, type WholeBody } from '../../http/request-body.js'

/** No field was filled in. */
export const noFields = {
  name: '',
  url: '',
  contact: '',
  private_key: '',
  public_key: '',
  official: '',
  sure_rotate: '',
  sure_retire: '',
  sure_remove: '',
  action: '',
  mail: '',
}

export type FieldName = keyof typeof noFields
/** What was typed into the forms, by field name; nothing else of a body is looked at. */
export type Fields = Readonly<Record<FieldName, string>>

/** One thing to change, said in the summary above the form, and beside its field where it has one. */
export interface FieldProblem {
  field?: FieldName
  message: string
}

/** A longer form than this is none of ours: the longest honest one has some 2,000 bytes. */
export const maxFormBytes = 16_384

/** Why there is no form. */
export type Unread = Extract<WholeBody, { unread: string }>['unread'] | 'encoding' | 'multipart'

/** A form's fields, whoever read the body first, and all that was in it, for the host; or why there are none. */
export async function readForm(source: BodySource): Promise<{ fields: Fields; all: unknown } | { unread: Unread }> {
  const body = await readWholeBody(source, maxFormBytes)
  if (body === undefined) return { fields: noFields, all: {} }
  if ('unread' in body) return body
  if ('parsed' in body) return { fields: fromParsed(body.parsed), all: body.parsed }
  // Somebody may have peeked before us, with a wider limit.
  if (body.bytes.length > maxFormBytes) return { unread: 'too-large' }
  const { 'content-type': type = '', 'content-encoding': encoding } = source.req.headers
  if (/^multipart\//i.test(type)) return { unread: 'multipart' }
  if (isPacked(encoding) && !body.unpacked) return { unread: 'encoding' }
  const form = new URLSearchParams((body.unpacked ?? body.bytes).toString('utf8'))
  return { fields: pick((name) => form.get(name)), all: Object.fromEntries(form) }
}

function fromParsed(parsed: unknown): Fields {
  if (typeof parsed !== 'object' || parsed === null) return noFields
  const members = parsed as Readonly<Record<string, unknown>>
  return pick((name) => (Object.hasOwn(members, name) ? members[name] : undefined))
}

function pick(memberOf: (name: string) => unknown): Fields {
  const fields = { ...noFields }
  for (const name of Object.keys(noFields) as FieldName[]) {
    const value = memberOf(name)
    if (typeof value === 'string') fields[name] = value
  }
  return fields
}
