import { hashPrivateKey } from '../../keys/key-format.js'
import type { RateLimits } from '../access/rate-limits.js'
import type { Messages } from '../messages/en/en.js'
import type { ConsoleParts } from '../web/console-parts.js'
import { exampleCommandFor } from '../web/example-command.js'
import type { Page, PageContext, PageResponse } from '../web/page.js'
import type { FieldProblem } from '../web/request-form.js'
import { savedFile } from '../web/saved-file.js'
import { fieldProblem, readClientForm } from './client-form.js'
import { homeView } from './home.js'
import { isMailAddress, type KeyPair, type MailOptions, sendPair } from './mail.js'

/** Registers a client and shows its key pair, once. `title` is the game's. */
export function createRegistration(
  parts: ConsoleParts,
  limits: RateLimits,
  { title, mail }: { title?: string; mail?: MailOptions },
): Page {
  const { registry, keyPrefix } = parts

  function tryAgain({ fields }: PageContext, problems: readonly FieldProblem[]): PageResponse {
    return homeView({ keyPrefix, offersMail: mail !== undefined }, fields, problems)
  }

  /** Whether it was sent. There is a key pair already, so a transport that fails is told to the person and fails nothing. */
  async function isMailed(options: MailOptions, to: string, pair: KeyPair, messages: Messages): Promise<boolean> {
    try {
      if (!(await limits.mail(to))) return false
      await sendPair(options, to, pair, title ?? messages.layout.thisServer, messages)
      return true
    } catch (error) {
      parts.onError(error)
      return false
    }
  }

  return async (context) => {
    const { messages } = context
    const read = readClientForm(context.fields, messages)
    if ('problems' in read) return tryAgain(context, read.problems)
    const { name, contact = '' } = read.details
    const wantsMail = mail !== undefined && context.fields.mail !== ''
    if (wantsMail && !isMailAddress(contact)) {
      return tryAgain(context, [{ field: 'contact', message: messages.mail.contactOdd }])
    }
    const inTurn = await limits.registration(context.address)
    const verdict = await context.approve(read.details)
    if (verdict !== true) return tryAgain(context, [{ message: verdict }])
    const pair = await inTurn(() => registry.register(read.details)).catch((error: unknown) => {
      const problem = fieldProblem(error)
      if (problem) return { problem }
      throw error
    })
    if ('problem' in pair) return tryAgain(context, [pair.problem])
    const saved = savedFile(messages, title, { name, ...pair })
    const mailed = wantsMail ? await isMailed(mail, contact, pair, messages) : undefined
    const model = { name, ...pair, command: exampleCommandFor(parts, context, pair.publicKey), saved, mailed, contact }
    const signIn = { publicKey: pair.publicKey, privateKeyHash: hashPrivateKey(pair.privateKey) }
    return { status: 201, view: 'registered', model, signIn }
  }
}
