import { ClienteleError, type ErrorCode } from '../../errors.js'
import type { Messages } from '../messages/en/en.js'
import type { PageResponse } from './page.js'
import type { Unread } from './request-form.js'

/** In what form an address responds, its failures too. */
export type ResponseForm = 'page' | 'json' | 'csv'
/** What a person wanted, for the words of an outage. */
export type Purpose = 'register' | 'sign-in' | 'settings' | 'stats' | 'operator'

/** What went wrong, in words. */
export interface Problem {
  status: number
  title: string
  /** What happened, whether anything was lost, what to do: a sentence or two each. */
  detail: readonly string[]
  headers?: Readonly<Record<string, string>>
}

/** A failure as the page, the JSON or the text that its address speaks. */
export function problemResponse(problem: Problem, form: ResponseForm = 'page'): PageResponse {
  const { status, title, detail, headers } = problem
  const base = { status, ...(headers && { headers }) }
  if (form === 'page') return { ...base, view: 'problem', model: { heading: title, detail } }
  const text = detail.join(' ')
  if (form === 'csv') return { ...base, contentType: 'text/plain; charset=utf-8', text: `${title}. ${text}\n` }
  const body = JSON.stringify({ type: 'about:blank', title, status, detail: text })
  return { ...base, contentType: 'application/problem+json', text: `${body}\n` }
}

export function notFound({ problems }: Messages): Problem {
  return { status: 404, ...problems.notFound }
}

export function otherSite({ problems }: Messages): Problem {
  return { status: 403, ...problems.otherSite }
}

const statusOfUnread: Record<Unread, number> = {
  'too-large': 413,
  aborted: 400,
  encoding: 415,
  multipart: 415,
  consumed: 500,
}

/** Why a form could not be read. */
export function unreadForm(reason: Unread, { problems }: Messages): Problem {
  return { status: statusOfUnread[reason], ...problems.unread[reason] }
}

/** `allowed`: the methods that the address takes. */
export function wrongMethod(allowed: readonly string[], { problems }: Messages): Problem {
  const said = allowed.includes('POST') ? problems.formOnly : problems.readOnly
  return { status: 405, ...said, headers: { Allow: allowed.join(', ') } }
}

/** Somebody else changed the client first; undefined for any other failure. */
export function changedMeanwhile(error: unknown, { problems }: Messages): Problem | undefined {
  const isChanged = error instanceof ClienteleError && changedCodes.includes(error.code)
  return isChanged ? { status: 409, ...problems.changed } : undefined
}

/** What was asked for was there to be asked for when the page was shown. */
const changedCodes: readonly ErrorCode[] = ['client_changed', 'client_unknown', 'client_retired']

/** The store, or whatever else we need, failed. */
export function outage(purpose: Purpose, { problems }: Messages): Problem {
  const { title, [purpose]: detail } = problems.outage
  return { status: 503, title, detail: [detail], headers: { 'Retry-After': '60' } }
}
