import type { Client } from '../../keys/client-registry.js'
import { hashPrivateKey } from '../../keys/key-format.js'
import { signInForm } from '../access/sign-in-pages.js'
import type { ConsoleParts } from '../web/console-parts.js'
import type { PageContext, PageResponse } from '../web/page.js'
import type { FieldName, FieldProblem, Fields } from '../web/request-form.js'
import { savedFile } from '../web/saved-file.js'
import { fieldProblem, readClientForm, typedDetails } from './client-form.js'

/** What others feel at once is done only where the box is ticked. */
const confirmedBy: Record<string, FieldName> = { rotate: 'sure_rotate', retire: 'sure_retire', remove: 'sure_remove' }

/** A client's settings: each change is a form of its own, told apart by `action`. */
export function createSettingsPages({ registry, keyPrefix }: ConsoleParts, title?: string) {
  function form(
    { messages }: PageContext,
    client: Client,
    { problems = [], fields, saved = false }: { problems?: FieldProblem[]; fields?: Fields; saved?: boolean } = {},
  ): PageResponse {
    const { name, publicKey, retiredAtMs, retiredBy } = client
    const retired = retiredAtMs === undefined ? undefined : messages.format.day(retiredAtMs)
    const shown = { name, publicKey, retired, isRestorable: retiredBy === 'owner' }
    const model = { ...shown, form: typedDetails(fields ?? client), problems, saved }
    return { status: problems.length > 0 ? 422 : 200, view: 'settings', model }
  }

  async function save(context: PageContext, client: Client): Promise<PageResponse> {
    const { fields } = context
    const read = readClientForm(fields, context.messages, client)
    if ('problems' in read) return form(context, client, { problems: read.problems, fields })
    try {
      // An address or a contact that was emptied must go, not stay as it was.
      await registry.update(client.publicKey, { url: '', contact: '', ...read.details })
    } catch (error) {
      const problem = fieldProblem(error)
      if (!problem) throw error
      return form(context, client, { problems: [problem], fields })
    }
    // Not a redirect: after it another process might answer, and nobody would say that it was saved.
    const { url: _, contact: __, ...rest } = client
    return form(context, { ...rest, ...read.details }, { saved: true })
  }

  async function rotate({ messages }: PageContext, { publicKey, name }: Client): Promise<PageResponse> {
    const { privateKey } = await registry.rotate(publicKey)
    const saved = savedFile(messages, title, { name, publicKey, privateKey })
    return {
      status: 200,
      view: 'private-key',
      model: { name, publicKey, privateKey, saved },
      signIn: { publicKey, privateKeyHash: hashPrivateKey(privateKey) },
    }
  }

  async function retire({ links }: PageContext, { publicKey }: Client): Promise<PageResponse> {
    await registry.retire(publicKey, 'owner')
    return { status: 303, location: links.settings }
  }

  async function restore({ links }: PageContext, { publicKey }: Client): Promise<PageResponse> {
    await registry.restore(publicKey, 'owner')
    return { status: 303, location: links.settings }
  }

  async function remove(_: PageContext, { publicKey, name }: Client): Promise<PageResponse> {
    await registry.remove(publicKey)
    return { status: 200, view: 'removed', model: { name }, signOut: true }
  }

  const changes: Record<string, typeof save> = { details: save, rotate, retire, restore, remove }

  return {
    show: (context: PageContext): PageResponse => {
      return context.client ? form(context, context.client) : { ...signInForm(keyPrefix, []), signOut: true }
    },

    async change(context: PageContext): Promise<PageResponse> {
      const { client, fields, messages } = context
      if (!client) {
        const message = messages.settings.signedOut
        return { ...signInForm(keyPrefix, [{ field: 'private_key', message }]), signOut: true }
      }
      const change = Object.hasOwn(changes, fields.action) ? changes[fields.action] : undefined
      if (!change) return form(context, client, { problems: [{ message: messages.settings.unknown }] })
      const field = confirmedBy[fields.action]
      if (field === undefined || fields[field] === 'yes') return change(context, client)
      return form(context, client, { problems: [{ field, message: messages.settings.unconfirmed }] })
    },
  }
}
