import type { Unread } from './request-form.js'
import type { SignIn } from './security.js'
import type { View } from './templates.js'

/** What a page's handler decides; the router makes a response of it. */
export type Answer = PageAnswer | FileAnswer | RedirectAnswer

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
export type Form = 'page' | 'json' | 'csv'
export type Purpose = 'register' | 'sign-in' | 'stats'

/** RFC 9110 wants it with every 401, and a browser asks nothing for a scheme that it does not know. */
export const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="API key stats"' }

interface Problem {
  status: number
  title: string
  /** What happened, whether anything was lost, what to do: a sentence or two each. */
  detail: readonly string[]
  headers?: Readonly<Record<string, string>>
}

/** A failure as the page, the JSON or the text that its address speaks. */
export function problemAnswer(problem: Problem, form: Form = 'page'): Answer {
  const { status, title, detail, headers } = problem
  const base = { status, ...(headers && { headers }) }
  if (form === 'page') return { ...base, view: 'problem', model: { heading: title, detail } }
  const text = detail.join(' ')
  if (form === 'csv') return { ...base, contentType: 'text/plain; charset=utf-8', text: `${title}. ${text}\n` }
  const body = JSON.stringify({ type: 'about:blank', title, status, detail: text })
  return { ...base, contentType: 'application/problem+json', text: `${body}\n` }
}

export const NOT_FOUND: Problem = {
  status: 404,
  title: 'There is no page at this address',
  detail: ['Check the address for a slip, or start from the first page.'],
}

export const OTHER_SITE: Problem = {
  status: 403,
  title: 'This form came from another site',
  detail: [
    'Nothing was changed. Open the form on this server’s own pages and send it from there.',
    'If you did, a proxy in front of this server hides the server’s name. Tell whoever runs it: the proxy must pass the Host header on.',
  ],
}

/** Why a form could not be read. */
export const UNREAD: Record<Unread, Problem> = {
  'too-large': {
    status: 413,
    title: 'The form is too long',
    detail: ['Nothing was saved. A form may have 16 KiB; shorten what you typed and send it again.'],
  },
  aborted: {
    status: 400,
    title: 'The form did not arrive whole',
    detail: ['Nothing was saved. Go back and send it again.'],
  },
  encoding: {
    status: 415,
    title: 'The form is packed in a way that this server cannot read',
    detail: ['Nothing was saved. Send it again without a Content-Encoding.'],
  },
  multipart: {
    status: 415,
    title: 'The form is of a kind that this server does not read',
    detail: ['Nothing was saved. Send it as application/x-www-form-urlencoded.'],
  },
  consumed: {
    status: 500,
    title: 'The server could not read the form',
    detail: ['Nothing was saved, and what you typed is not to blame. Tell whoever runs this server.'],
  },
}

export const NOT_SIGNED_IN: Problem = {
  status: 401,
  title: 'Not signed in',
  detail: ['Send the client’s private key in the header "Authorization: Bearer <private key>".'],
  headers: CHALLENGE,
}

/** `allowed`: the methods that the address takes. */
export function wrongMethod(allowed: readonly string[]): Problem {
  const isForm = allowed.includes('POST')
  return {
    status: 405,
    title: isForm ? 'This address only takes a form' : 'This address can only be read',
    detail: [`Nothing was changed. ${isForm ? 'The form is on the first page.' : 'Open it with GET.'}`],
    headers: { Allow: allowed.join(', ') },
  }
}

const OUTAGE: Record<Purpose, string> = {
  register: 'Your client may not be registered yet, and no private key was given out. Send the form again in a minute.',
  'sign-in': 'Nothing was lost, and your private key may well be right. Try it again in a minute.',
  stats: 'Nothing was lost: counts wait and will appear. Open this page again in a minute.',
}

/** The store, or whatever else we need, failed. */
export function outage(purpose: Purpose): Problem {
  return {
    status: 503,
    title: 'The server cannot reach its records right now',
    detail: [OUTAGE[purpose]],
    headers: { 'Retry-After': '60' },
  }
}
