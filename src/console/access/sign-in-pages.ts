import { hashPrivateKey } from '../../keys/key-format.js'
import type { ConsoleParts } from '../web/console-parts.js'
import type { PageContext, PageResponse, ViewResponse } from '../web/page.js'
import type { Problem } from '../web/problems.js'
import type { FieldProblem } from '../web/request-form.js'
import type { RateLimits } from './rate-limits.js'

/** RFC 9110 wants it with every 401, and a browser asks nothing for a scheme that it does not know. */
const challenge = { 'WWW-Authenticate': 'Bearer realm="API key stats"' }

/** The form to sign in with. */
export function signInForm(keyPrefix: string, problems: readonly FieldProblem[]): ViewResponse {
  return { status: 401, view: 'sign-in', model: { problems, keyPrefix }, headers: challenge }
}

/** Only programs are told this, and what programs read is English. */
export const notSignedIn: Problem = {
  status: 401,
  title: 'Not signed in',
  detail: ['Send the client’s private key in the header "Authorization: Bearer <private key>".'],
  headers: challenge,
}

/** Where the form is sent to, and how one leaves again. */
export function createSignInPages({ registry, keyPrefix }: ConsoleParts, limits: RateLimits) {
  return {
    async signIn(context: PageContext): Promise<PageResponse> {
      const privateKey = context.fields.private_key.trim()
      const authenticate = () => registry.authenticate(privateKey)
      const client = privateKey === '' ? undefined : await limits.privateKey(context.address, authenticate)
      if (client) {
        const signIn = { publicKey: client.publicKey, privateKeyHash: hashPrivateKey(privateKey) }
        return { status: 303, location: context.links.stats, signIn }
      }
      const { privateKeyMissing, privateKeyWrong } = context.messages.forms
      const message = privateKey === '' ? privateKeyMissing : privateKeyWrong
      return signInForm(keyPrefix, [{ field: 'private_key', message }])
    },

    signOut: ({ links }: PageContext): PageResponse => ({ status: 303, location: links.home, signOut: true }),
  }
}
