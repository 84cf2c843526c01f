import { ClienteleError } from '../../errors.js'
import type { Messages } from '../messages/en/en.js'
import { withTimeout } from '../web/with-timeout.js'

/** One mail as plain text. */
export interface MailMessage {
  /** The sender, as the option `from` gave it. */
  from: string
  /** One plain address. */
  to: string
  /** In the language of the page. */
  subject: string
  /** The body; it has both keys in it, so it is not to be logged. */
  text: string
  /** Further headers: `Auto-Submitted`, so that nobody's holiday answers. */
  headers: Record<string, string>
}

/** What the console uses of a mail transport; one of nodemailer's is one. */
export interface MailTransport {
  /** Resolves when the mail is handed on. A rejection, or ten seconds without an answer, is shown on the page as a failure. */
  sendMail(mail: MailMessage): Promise<unknown>
}

/** The console option `mail`. */
export interface MailOptions {
  /** What sends: a transport of nodemailer, or anything with its `sendMail()`. */
  transport: MailTransport
  /** The sender: `Lacuna <keys@game.example>`. */
  from: string
}

/** What a registration gives. */
export interface KeyPair {
  publicKey: string
  privateKey: string
}

/** A person waits for the page; a mail that takes longer may still arrive. */
const mailWaitMs = 10_000

/** One plain address: no list, no name, no comment, nothing quoted, so that it can only ever be one recipient. */
export function isMailAddress(text: string): boolean {
  return text.length <= 200 && /^[\w.!#$%&'*/=?^`{|}~+-]+@[a-z\d-]+(\.[a-z\d-]+)+$/i.test(text)
}

/**
 * Sends a new key pair; nothing in the mail was typed by whoever asked for it, or strangers could be sent anything.
 *
 * @throws ClienteleError `console_failed`, without the transport's own words, in which the address may be
 */
export async function sendPair(
  { transport, from }: MailOptions,
  to: string,
  pair: KeyPair,
  game: string,
  { mail }: Messages,
): Promise<void> {
  // RFC 3834: nobody's holiday answers this.
  const headers = { 'Auto-Submitted': 'auto-generated' }
  const message = {
    from,
    to,
    subject: mail.subject(game),
    text: mail.text(game, pair.publicKey, pair.privateKey),
    headers,
  }
  try {
    await withTimeout(mailWaitMs, 'answer of the mail transport', Promise.resolve(transport.sendMail(message)))
  } catch (error) {
    const code = String((error as { code?: unknown } | undefined)?.code ?? '')
    const reason = /^[A-Z_]{1,20}$/.test(code) ? ` (${code})` : ''
    throw new ClienteleError('console_failed', `A mail with a new key pair could not be sent${reason}.`)
  }
}
