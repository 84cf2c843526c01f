import type { Client } from '../keys/client-registry.js'
import { hashPrivateKey } from '../keys/key-format.js'
import { type Answer, signInPage } from './answers.js'
import {
  type FieldName,
  type FieldProblem,
  type Fields,
  fieldProblem,
  readClientForm,
  typedDetails,
} from './client-form.js'
import type { ConsoleParts, Visit } from './pages.js'
import { savedFile } from './saved-file.js'

/** What others feel at once is done only where the box is ticked. */
const CONFIRMED_BY: Record<string, FieldName> = { rotate: 'sure_rotate', retire: 'sure_retire', remove: 'sure_remove' }

/** A client's settings: each change is a form of its own, told apart by `action`. */
export function createSettingsPages({ registry, keyPrefix }: ConsoleParts, title?: string) {
  function form(
    { messages }: Visit,
    client: Client,
    { problems = [], fields, saved = false }: { problems?: FieldProblem[]; fields?: Fields; saved?: boolean } = {},
  ): Answer {
    const { name, publicKey, retiredAtMs, retiredBy } = client
    const retired = retiredAtMs === undefined ? undefined : messages.format.day(retiredAtMs)
    const shown = { name, publicKey, retired, isRestorable: retiredBy === 'owner' }
    const model = { ...shown, form: typedDetails(fields ?? client), problems, saved }
    return { status: problems.length > 0 ? 422 : 200, view: 'settings', model }
  }

  async function save(visit: Visit, client: Client): Promise<Answer> {
    const { fields } = visit
    const read = readClientForm(fields, visit.messages, client)
    if ('problems' in read) return form(visit, client, { problems: read.problems, fields })
    try {
      // An address or a contact that was emptied must go, not stay as it was.
      await registry.update(client.publicKey, { url: '', contact: '', ...read.details })
    } catch (error) {
      const problem = fieldProblem(error)
      if (!problem) throw error
      return form(visit, client, { problems: [problem], fields })
    }
    // Not a redirect: after it another process might answer, and nobody would say that it was saved.
    const { url: _, contact: __, ...rest } = client
    return form(visit, { ...rest, ...read.details }, { saved: true })
  }

  async function rotate({ messages }: Visit, { publicKey, name }: Client): Promise<Answer> {
    const { privateKey } = await registry.rotate(publicKey)
    const saved = savedFile(messages, title, { name, publicKey, privateKey })
    return {
      status: 200,
      view: 'private-key',
      model: { name, publicKey, privateKey, saved },
      signIn: { publicKey, privateKeyHash: hashPrivateKey(privateKey) },
    }
  }

  async function retire({ links }: Visit, { publicKey }: Client): Promise<Answer> {
    await registry.retire(publicKey, 'owner')
    return { status: 303, location: links.settings }
  }

  async function restore({ links }: Visit, { publicKey }: Client): Promise<Answer> {
    await registry.restore(publicKey, 'owner')
    return { status: 303, location: links.settings }
  }

  async function remove(_: Visit, { publicKey, name }: Client): Promise<Answer> {
    await registry.remove(publicKey)
    return { status: 200, view: 'removed', model: { name }, signOut: true }
  }

  const changes: Record<string, typeof save> = { details: save, rotate, retire, restore, remove }

  return {
    show: (visit: Visit): Answer => {
      return visit.client ? form(visit, visit.client) : { ...signInPage(keyPrefix, []), signOut: true }
    },

    async change(visit: Visit): Promise<Answer> {
      const { client, fields, messages } = visit
      if (!client) {
        const message = messages.settings.signedOut
        return { ...signInPage(keyPrefix, [{ field: 'private_key', message }]), signOut: true }
      }
      const change = Object.hasOwn(changes, fields.action) ? changes[fields.action] : undefined
      if (!change) return form(visit, client, { problems: [{ message: messages.settings.unknown }] })
      const field = CONFIRMED_BY[fields.action]
      if (field === undefined || fields[field] === 'yes') return change(visit, client)
      return form(visit, client, { problems: [{ field, message: messages.settings.unconfirmed }] })
    },
  }
}
