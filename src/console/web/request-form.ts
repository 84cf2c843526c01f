import { isPacked } from '../../http/inflate.js'
import { type BodySource, readWholeBody, type WholeBody } from '../../http/request-body.js'
import { type FieldName, type Fields, NO_FIELDS } from '../client/client-form.js'

/** A longer form than this is none of ours: the longest honest one has some 2,000 bytes. */
export const FORM_LIMIT_BYTES = 16_384

/** Why there is no form. */
export type Unread = Extract<WholeBody, { unread: string }>['unread'] | 'encoding' | 'multipart'

/** A form's fields, whoever read the body first, and all that was in it, for the host; or why there are none. */
export async function readForm(source: BodySource): Promise<{ fields: Fields; all: unknown } | { unread: Unread }> {
  const body = await readWholeBody(source, FORM_LIMIT_BYTES)
  if (body === undefined) return { fields: NO_FIELDS, all: {} }
  if ('unread' in body) return body
  if ('parsed' in body) return { fields: fromParsed(body.parsed), all: body.parsed }
  // Somebody may have peeked before us, with a wider limit.
  if (body.bytes.length > FORM_LIMIT_BYTES) return { unread: 'too-large' }
  const { 'content-type': type = '', 'content-encoding': encoding } = source.req.headers
  if (/^multipart\//i.test(type)) return { unread: 'multipart' }
  if (isPacked(encoding) && !body.unpacked) return { unread: 'encoding' }
  const form = new URLSearchParams((body.unpacked ?? body.bytes).toString('utf8'))
  return { fields: pick((name) => form.get(name)), all: Object.fromEntries(form) }
}

function fromParsed(parsed: unknown): Fields {
  if (typeof parsed !== 'object' || parsed === null) return NO_FIELDS
  const members = parsed as Readonly<Record<string, unknown>>
  return pick((name) => (Object.hasOwn(members, name) ? members[name] : undefined))
}

function pick(memberOf: (name: string) => unknown): Fields {
  const fields = { ...NO_FIELDS }
  for (const name of Object.keys(NO_FIELDS) as FieldName[]) {
    const value = memberOf(name)
    if (typeof value === 'string') fields[name] = value
  }
  return fields
}
