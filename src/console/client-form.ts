import { ClienteleError } from '../errors.js'
import { type ClientDetails, checkDetails } from '../keys/client-details.js'

/** What was typed into the forms, by field name; nothing else of a body is looked at. */
export type Fields = Readonly<Record<FieldName, string>>
export type FieldName = 'name' | 'url' | 'contact' | 'private_key'
export const NO_FIELDS: Fields = { name: '', url: '', contact: '', private_key: '' }

/** One thing to change, said beside its field and in the summary above the form. */
export interface FieldProblem {
  field: FieldName
  message: string
}

/** The registration form: the details, or everything that is wrong with them at once. */
export function readClientForm(fields: Fields): { details: ClientDetails } | { problems: FieldProblem[] } {
  const { name, url, contact } = fields
  // One field at a time, because the check stops at the first fault. "a" stands for a name that is right.
  const problems = [
    problemOf(() => checkDetails({ name })),
    problemOf(() => checkDetails({ name: 'a', url })),
    problemOf(() => checkDetails({ name: 'a', contact })),
  ].filter((problem) => problem !== undefined)
  return problems.length > 0 ? { problems } : { details: checkDetails({ name, url, contact }) }
}

/** The form's own problem in an error of the registry; undefined when the form is not to blame. */
export function fieldProblem(error: unknown): FieldProblem | undefined {
  if (!(error instanceof ClienteleError) || error.code !== 'details_invalid') return undefined
  const { field } = error
  return { field: field === 'url' || field === 'contact' ? field : 'name', message: error.message }
}

function problemOf(check: () => unknown): FieldProblem | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    const problem = fieldProblem(error)
    if (problem) return problem
    throw error
  }
}
