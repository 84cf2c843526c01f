// Every text of the console's pages, by page: here what all pages share, beside it a file for each room of the console. To add one: write
// it in en/, then in the file of the same name in de/, which does not compile without it, and use it as `messages.page.name` in a template
// or `context.messages.page.name` in a page. A text with numbers or names in it is a function; write numbers and days with `format`. A text
// with a link or code in it is rich`…`, drawn by the mixin `+rich`. test/console/messages/languages.test.ts fails until one of its pages shows the
// text. What programs read, CSV, JSON and their problems, stays English and is not here. To add a language: a folder like de/, and its name
// in languages.ts.
import { home, mail, registered, settings, signIn } from './client.js'
import { faq } from './faq.js'
import { format } from './nouns.js'
import { operator } from './operator.js'
import { problems } from './problems.js'
import { stats } from './stats.js'

export type Messages = typeof en

export const en = {
  /** As in `Accept-Language`, `Content-Language` and `<html lang>`. */
  language: 'en',
  format,

  layout: {
    /** The game's name where the host gives none. */
    thisServer: 'This server',
    skip: 'Skip to the content',
    stats: 'Your stats',
    faq: 'FAQ',
    operator: 'Operator',
    settings: 'Settings',
    signOut: 'Sign out',
    feedback: 'Ask for something, or tell what is wrong',
  },

  forms: {
    error: 'Error',
    problem: 'There is a problem',
    privateKeyHint: (keyPrefix: string) => `It begins with ${keyPrefix}_prv_`,
    nameMissing: 'Give your client a name.',
    nameOdd: 'The name must be one line of 60 characters or fewer, without control or invisible characters.',
    urlOdd: 'The web address must begin with http:// or https:// and be 200 characters or fewer.',
    contactOdd: 'The contact must be one line of 200 characters or fewer, without control or invisible characters.',
    privateKeyTyped:
      'This is a private key. It is a secret and does not belong here: the operator reads what you enter.',
    privateKeyMissing: 'Enter your private key.',
    privateKeyWrong: 'This is not the private key of a client of this server.',
  },

  /** The keys to take away, and the call that the public one goes into. */
  take: {
    publicKey: 'Public key',
    privateKey: 'Private key',
    copy: 'Copy',
    copied: 'Copied',
    copyByHand: 'Press Ctrl+C',
    command: 'Command',
    send: 'Send this public key with every call that creates a session:',
  },

  home,
  registered,
  signIn,
  stats,
  faq,
  settings,
  mail,
  operator,
  problems,
}
