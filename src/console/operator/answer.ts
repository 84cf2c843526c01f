import type { Rich } from '../messages/rich.js'

/** The answer to a question at the top of the first page: a sentence or several, and what they rest on. */
export interface Answer {
  sentences: Rich[]
  more?: string
  evidence?: string
}

/** So many are read; what is past them is only counted. */
export const maxSentences = 5

/** A sentence for each of the first few that were found. */
export function answerOf<Found>(
  found: readonly Found[],
  sentence: (one: Found) => Rich,
  more: (count: number) => string,
  evidence: string,
): Answer {
  return {
    sentences: found.slice(0, maxSentences).map(sentence),
    ...(found.length > maxSentences && { more: more(found.length - maxSentences) }),
    evidence,
  }
}
