import { de } from './de/de.js'
import { en, type Messages } from './en/en.js'

const languages = new Map([en, de].map((messages) => [messages.language, messages]))

/**
 * The messages for who accepts these language tags, the dearest first. The first whose language we have counts: `en-GB, de, en` is
 * English, though of our two names only `de` stands before `en`.
 */
export function messagesFor(accepted: readonly string[]): Messages {
  for (const tag of accepted) {
    if (tag === '*') return en
    const messages = languages.get(tag.split('-', 1)[0]?.toLowerCase() ?? '')
    if (messages) return messages
  }
  return en
}
