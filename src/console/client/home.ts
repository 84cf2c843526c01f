import type { Page, PageResponse } from '../web/page.js'
import { type FieldProblem, type Fields, noFields } from '../web/request-form.js'
import { typedDetails } from './client-form.js'

interface HomeSettings {
  keyPrefix: string
  /** Whether a new key pair can be sent by e-mail. */
  offersMail: boolean
}

/** The pages that everybody sees. */
export function createHomePages(settings: HomeSettings): { home: Page; faq: Page } {
  return {
    home: () => homeView(settings, noFields, []),
    faq: () => ({ status: 200, view: 'faq', model: { keyPrefix: settings.keyPrefix } }),
  }
}

/** The first page, with what was typed into its form of registration and what is wrong with that. */
export function homeView(settings: HomeSettings, fields: Fields, problems: readonly FieldProblem[]): PageResponse {
  // The private key is never sent back, right or wrong.
  const form = { ...typedDetails(fields), mail: fields.mail }
  return { status: problems.length > 0 ? 422 : 200, view: 'home', model: { form, problems, ...settings } }
}
