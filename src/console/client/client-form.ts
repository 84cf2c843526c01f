import { ClienteleError } from '../../errors.js'
import { type ClientDetails, checkDetails } from '../../keys/client-details.js'
import { holdsPrivateKey } from '../../keys/key-format.js'
import type { Messages } from '../messages/en/en.js'
import type { FieldProblem, Fields } from '../web/request-form.js'

/** The registration form: the details, or everything that is wrong with them at once. A client's own may stay as they were `before`. */
export function readClientForm(
  fields: Fields,
  { forms }: Messages,
  before?: ClientDetails,
): { details: ClientDetails } | { problems: FieldProblem[] } {
  const { name, url, contact } = fields
  const problems: FieldProblem[] = []
  // One field at a time, because the check stops at the first fault. "a" stands for a name that is right.
  const check = (field: 'name' | 'url' | 'contact', details: ClientDetails, odd: string) => {
    if (!isRefused(details, before)) return
    problems.push({ field, message: holdsPrivateKey(fields[field]) ? forms.privateKeyTyped : odd })
  }
  check('name', { name }, name.trim() === '' ? forms.nameMissing : forms.nameOdd)
  check('url', { name: 'a', url }, forms.urlOdd)
  check('contact', { name: 'a', contact }, forms.contactOdd)
  return problems.length > 0 ? { problems } : { details: checkDetails({ name, url, contact }, before) }
}

/** The details as they were typed, to be shown again; a private key is never sent back, wherever it was typed. */
export function typedDetails({ name, url = '', contact = '' }: Pick<ClientDetails, 'name' | 'url' | 'contact'>) {
  const shown = (text: string) => (holdsPrivateKey(text) ? '' : text)
  return { name: shown(name), url: shown(url), contact: shown(contact) }
}

/** The form's own problem in an error of the registry, in the registry's words; undefined when the form is not to blame. */
export function fieldProblem(error: unknown): FieldProblem | undefined {
  if (!(error instanceof ClienteleError) || error.code !== 'details_invalid') return undefined
  const { field } = error
  return { field: field === 'url' || field === 'contact' ? field : 'name', message: error.message }
}

function isRefused(details: ClientDetails, before: ClientDetails | undefined): boolean {
  try {
    checkDetails(details, before)
    return false
  } catch (error) {
    if (fieldProblem(error)) return true
    throw error
  }
}
