import { ClienteleError } from '../errors.js'
import { holdsPrivateKey } from './key-format.js'

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
 * The details as they are kept: trimmed, empty ones left out.
 *
 * @throws ClienteleError `details_invalid`; `field` says which, the message what to change.
 */
export function checkDetails(details: ClientDetails): ClientDetails {
  const name = text('name', details.name)
  if (!/[\p{L}\p{N}\p{P}\p{S}]/u.test(name)) throw invalid('name', 'Give your client a name.')
  if ([...name].length > maxNameLength) throw invalid('name', `The name must be ${maxNameLength} characters or fewer.`)
  const url = text('url', details.url ?? '')
  if (url !== '' && !isWebAddress(url)) {
    throw invalid(
      'url',
      `The web address must begin with http:// or https:// and be ${maxTextLength} characters or fewer.`,
    )
  }
  const contact = text('contact', details.contact ?? '')
  if (contact.length > maxTextLength)
    throw invalid('contact', `The contact must be ${maxTextLength} characters or fewer.`)
  return {
    name,
    ...(url === '' ? {} : { url }),
    ...(contact === '' ? {} : { contact }),
    ...(details.official === true ? { official: true } : {}),
  }
}

function text(field: string, value: unknown): string {
  if (typeof value !== 'string') throw invalid(field, `The ${field} must be text.`)
  // Marks that turn the reading direction around could make one name look like another.
  if (!value.isWellFormed() || /[\p{Cc}\p{Bidi_Control}]/u.test(value.trim())) {
    throw invalid(field, `The ${field} must be one line, without control characters.`)
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
