import { ClienteleError, type ErrorCode } from '../../errors.js'
import type { TooMany } from '../access/rate-limits.js'
import type { SignIn } from '../access/security.js'
import type { FieldProblem } from '../client/client-form.js'
import type { Messages } from '../messages/en/en.js'
import type { Unread } from './request-form.js'
import type { View } from './templates.js'

/** What a page's handler decides; the router makes a response of it. */
export type PageResponse = PageAnswer | FileAnswer | RedirectAnswer

interface AnswerBase {
  status: number
  headers?: Readonly<Record<string, string>>
  /** Signs this client in. */
  signIn?: SignIn
  /** Signs out whoever is signed in. */
  signOut?: true
}
export interface PageAnswer extends AnswerBase {
  view: View
  model: object
}
export interface FileAnswer extends AnswerBase {
  contentType: string
  text: string
}
export interface RedirectAnswer extends AnswerBase {
  location: string
}

/** In what form an address answers, its failures too. */
export type ResponseForm = 'page' | 'json' | 'csv'
export type Purpose = 'register' | 'sign-in' | 'settings' | 'stats' | 'operator'

/** RFC 9110 wants it with every 401, and a browser asks nothing for a scheme that it does not know. */
const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="API key stats"' }

/** The form to sign in with. */
export function signInPage(keyPrefix: string, problems: readonly FieldProblem[]): PageAnswer {
  return { status: 401, view: 'sign-in', model: { problems, keyPrefix }, headers: CHALLENGE }
}

interface Problem {
  status: number
  title: string
  /** What happened, whether anything was lost, what to do: a sentence or two each. */
  detail: readonly string[]
  headers?: Readonly<Record<string, string>>
}

/** A failure as the page, the JSON or the text that its address speaks. */
export function problemAnswer(problem: Problem, form: ResponseForm = 'page'): PageResponse {
  const { status, title, detail, headers } = problem
  const base = { status, ...(headers && { headers }) }
  if (form === 'page') return { ...base, view: 'problem', model: { heading: title, detail } }
  const text = detail.join(' ')
  if (form === 'csv') return { ...base, contentType: 'text/plain; charset=utf-8', text: `${title}. ${text}\n` }
  const body = JSON.stringify({ type: 'about:blank', title, status, detail: text })
  return { ...base, contentType: 'application/problem+json', text: `${body}\n` }
}

/** Only programs are told this, and what programs read is English. */
export const NOT_SIGNED_IN: Problem = {
  status: 401,
  title: 'Not signed in',
  detail: ['Send the client’s private key in the header "Authorization: Bearer <private key>".'],
  headers: CHALLENGE,
}

export function notFound({ problems }: Messages): Problem {
  return { status: 404, ...problems.notFound }
}

export function otherSite({ problems }: Messages): Problem {
  return { status: 403, ...problems.otherSite }
}

const UNREAD_STATUS: Record<Unread, number> = {
  'too-large': 413,
  aborted: 400,
  encoding: 415,
  multipart: 415,
  consumed: 500,
}

/** Why a form could not be read. */
export function unreadForm(reason: Unread, { problems }: Messages): Problem {
  return { status: UNREAD_STATUS[reason], ...problems.unread[reason] }
}

/** `allowed`: the methods that the address takes. */
export function wrongMethod(allowed: readonly string[], { problems }: Messages): Problem {
  const said = allowed.includes('POST') ? problems.formOnly : problems.readOnly
  return { status: 405, ...said, headers: { Allow: allowed.join(', ') } }
}

/** Somebody else changed the client first; undefined for any other failure. */
export function changedAtOnce(error: unknown, { problems }: Messages): Problem | undefined {
  const isChanged = error instanceof ClienteleError && CHANGED_CODES.includes(error.code)
  return isChanged ? { status: 409, ...problems.changed } : undefined
}

/** What was asked for was there to be asked for when the page was shown. */
const CHANGED_CODES: readonly ErrorCode[] = ['client_changed', 'client_unknown', 'client_retired']

/** The store, or whatever else we need, failed. */
export function outage(purpose: Purpose, { problems }: Messages): Problem {
  const { title, [purpose]: detail } = problems.outage
  return { status: 503, title, detail: [detail], headers: { 'Retry-After': '60' } }
}

export function tooMany({ what, waitMs }: TooMany, { problems }: Messages): Problem {
  const { again, [what]: said } = problems.tooMany
  const seconds = Math.max(1, Math.ceil(waitMs / 1000))
  const detail = [...said.detail, again(Math.ceil(seconds / 60))]
  return { status: 429, title: said.title, detail, headers: { 'Retry-After': String(seconds) } }
}
