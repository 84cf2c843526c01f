import { ClienteleError } from '../errors.js'
import { areWordsPlain, holdsPrivateKey, isVisible } from './key-format.js'

/** What a client's developer says about it. */
export interface ClientDetails {
  /** 1 to 60 characters. */
  name: string
  /** An http or https address of at most 200 characters. */
  url?: string
  /** An e-mail address or another way to be reached; at most 200 characters. */
  contact?: string
  /** The game's own client. Its developer cannot say so: the operator's pages and the host do. @default false */
  official?: boolean
}

const maxNameLength = 60
const maxTextLength = 200

/**
 * The details as they are kept: trimmed, empty ones left out. What stays as it was `before` is not looked at: an earlier version
 * took more, and a client whose name that is may still change its address.
 *
 * @throws ClienteleError `details_invalid`; `field` says which, the message what to change.
 */
export function checkDetails(details: ClientDetails, before?: ClientDetails): ClientDetails {
  const isSame = (field: 'name' | 'url' | 'contact') => before !== undefined && details[field] === before[field]
  const name = isSame('name') ? details.name : checkName(details.name)
  const url = isSame('url') ? (details.url ?? '') : checkUrl(details.url ?? '')
  const contact = isSame('contact') ? (details.contact ?? '') : checkContact(details.contact ?? '')
  return {
    name,
    ...(url === '' ? {} : { url }),
    ...(contact === '' ? {} : { contact }),
    ...(details.official === true ? { official: true } : {}),
  }
}

function checkName(value: unknown): string {
  const name = text('name', value)
  if (!isVisible(name)) throw invalid('name', 'Give your client a name.')
  if ([...name].length > maxNameLength) throw invalid('name', `The name must be ${maxNameLength} characters or fewer.`)
  return name
}

function checkUrl(value: unknown): string {
  const url = text('url', value)
  if (url === '' || isWebAddress(url)) return url
  throw invalid(
    'url',
    `The web address must begin with http:// or https:// and be ${maxTextLength} characters or fewer.`,
  )
}

function checkContact(value: unknown): string {
  const contact = text('contact', value)
  if (contact.length > maxTextLength)
    throw invalid('contact', `The contact must be ${maxTextLength} characters or fewer.`)
  // Nobody is reached there.
  return isVisible(contact) ? contact : ''
}

function text(field: string, value: unknown): string {
  if (typeof value !== 'string') throw invalid(field, `The ${field} must be text.`)
  // Marks that turn the reading direction around, or that nobody sees, could make one name look like another.
  if (!areWordsPlain(value.trim())) {
    throw invalid(field, `The ${field} must be one line, without control or invisible characters.`)
  }
  // It would be shown to the operator, and to whoever has the store.
  if (holdsPrivateKey(value)) {
    throw invalid(field, `The ${field} must not be a private key: it is a secret of yours.`)
  }
  return value.trim()
}

function isWebAddress(value: string): boolean {
  return value.length <= maxTextLength && /^https?:\/\//i.test(value) && URL.canParse(value)
}

function invalid(field: string, message: string): ClienteleError {
  return new ClienteleError('details_invalid', message, { field })
}
