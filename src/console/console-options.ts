import type { ClientDetails } from '../keys/client-details.js'
import { aFunction, type Check, checkOptions, type Rules, requireOptions } from '../option-checks.js'
import type { MailOptions } from './client/mail.js'
import type { ConsoleContext } from './web/context.js'

/** How the console looks and where it is. */
export interface ConsoleOptions {
  /** Where the console is, as the host's router sees it: a path without a slash at its end, or `/`. @default '/apikey' */
  prefix?: string
  /** The game's name, on every page; 1 to 60 characters. @default 'This server', in the page's language */
  title?: string
  /** Where the name at the top leads: an http or https address, or a path. @default the console's first page */
  homeUrl?: string
  /** Where a client developer can ask for something: a web address or `mailto:`. Without it no page offers one. */
  feedbackUrl?: string
  /**
   * The colour of links and buttons, as CSS hex: `#1d5c4f`. Made darker or lighter where it could not be read. By default the
   * console's own.
   */
  accent?: string
  /** The game's picture beside its name: an http or https address, or a path. By default there is none. */
  logoUrl?: string
  /**
   * Who may see the operator's pages; asked with every request for one. Without it, or where it says anything but `true`, there
   * are no such pages. Every other page asks too, to show a link there, and does without one where the answer is not there within a
   * second.
   */
  operator?(ctx: ConsoleContext): boolean | Promise<boolean>
  /**
   * Has the last word on a registration: a captcha, or an approval. A text refuses it and is shown to the person. What the form
   * held is in `ctx.request.body`.
   */
  onRegister?(details: ClientDetails, ctx: ConsoleContext): true | string | Promise<true | string>
  /** Offers a new key pair by e-mail, once, to whoever asks for it. Without it no page offers that. */
  mail?: MailOptions
  /** A folder whose files replace our templates, `console.css` and `console.js` of the same name. @default ours */
  templates?: string
}

/** Checked options, with the default in place. */
export interface ConsoleSettings extends ConsoleOptions {
  /** Without a slash at its end; empty when the console has the root. */
  prefix: string
}

const isWebOrPath = (value: string) =>
  /^\/(?![/\\])\S*$/.test(value) || (/^https?:\/\/\S+$/i.test(value) && URL.canParse(value))
const webOrPath = "an http or https address, or a path that begins with one '/'"

const mailRules: Rules = {
  transport(value) {
    const { sendMail } = Object(value) as { sendMail?: unknown }
    return typeof sendMail === 'function' ? undefined : 'must have sendMail(), as a transport of nodemailer has'
  },
  from: string((value) => /^[^\p{Cc}]*@[^\p{Cc}]*$/u.test(value), "a sender such as 'Lacuna <keys@game.example>'"),
}

const rules: Rules = {
  // Nothing that the router would read as a pattern, and no dot segment: a browser resolves those before it asks.
  prefix: string(
    (value) => value === '/' || (/^(\/[\w.~-]+)+$/.test(value) && !/\/\.{1,2}(\/|$)/.test(value)),
    "a path such as '/apikey', of letters, digits and -._~, without a '/' at its end",
  ),
  title: string(
    (value) => value.trim() !== '' && value.length <= 60 && value.isWellFormed() && !/\p{Cc}/u.test(value),
    'the name of the game, 1 to 60 characters',
  ),
  homeUrl: string(isWebOrPath, webOrPath),
  feedbackUrl: string(
    (value) => isWebOrPath(value) || /^mailto:[^\s@]+@[^\s@]+$/.test(value),
    `${webOrPath}, or mailto: and an address`,
  ),
  accent: string((value) => /^#([\da-f]{3}|[\da-f]{6})$/i.test(value), "a CSS hex colour such as '#1d5c4f'"),
  logoUrl: string(isWebOrPath, webOrPath),
  operator: aFunction,
  onRegister: aFunction,
  mail(value) {
    checkOptions('console() mail', value, mailRules)
    const fixes = {
      transport: 'give it one of nodemailer',
      from: "give it a sender such as 'Lacuna <keys@game.example>'",
    }
    requireOptions('console() mail', value as object, fixes)
    return undefined
  },
  templates: string((value) => value !== '', 'a folder'),
}

/**
 * The options with their defaults.
 *
 * @throws ClienteleError `option_invalid` or `option_unknown`
 */
export function checkConsoleOptions(options: ConsoleOptions): ConsoleSettings {
  checkOptions('console()', options, rules)
  const { prefix = '/apikey', ...rest } = options
  return { ...rest, prefix: prefix === '/' ? '' : prefix }
}

function string(isRight: (value: string) => boolean, wanted: string): Check {
  return (value) => (typeof value === 'string' && isRight(value) ? undefined : `must be ${wanted}`)
}
