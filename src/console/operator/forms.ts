import { ClienteleError } from '../../errors.js'
import type { Client } from '../../keys/client-registry.js'
import { type FieldProblem, fieldProblem, readClientForm } from '../client/client-form.js'
import type { Visit } from '../client/home.js'
import type { Rich } from '../messages/rich.js'
import { type Answer, notFound, problemAnswer } from '../web/responses.js'
import { savedFile } from '../web/saved-file.js'
import type { OperatorParts } from './numbers.js'
import { clientHref } from './words.js'

/** A client's page, with what is wrong with a form on it. */
export type ShowClient = (visit: Visit, publicKey: string, problems: readonly FieldProblem[]) => Promise<Answer>

/** What an operator changes: each is a form with the public key in it. */
export function operatorForms(registry: OperatorParts['registry'], showClient: ShowClient, title: string | undefined) {
  function newPrivateKey(visit: Visit, lead: Rich, name: string, privateKey: string): Answer {
    const { public_key: publicKey } = visit.fields
    const { links, messages } = visit
    const saved = savedFile(messages, title, { name, publicKey, privateKey })
    const model = { lead, publicKey, privateKey, saved, back: clientHref(links, publicKey) }
    return { status: 200, view: 'operator-private-key', model }
  }

  const toClient = ({ links, fields }: Visit): Answer => ({
    status: 303,
    location: clientHref(links, fields.public_key),
  })

  /** A change of a registered client; of another there is nothing to change. */
  const change = (make: (visit: Visit, client: Client) => Answer | Promise<Answer>) => async (visit: Visit) => {
    const client = await registry.find(visit.fields.public_key)
    return client ? make(visit, client) : problemAnswer(notFound(visit.messages))
  }

  /** What others feel at once is done only where the box is ticked. */
  const sure = (visit: Visit, field: 'sure_rotate' | 'sure_retire', make: () => Promise<Answer>) => {
    if (visit.fields[field] === 'yes') return make()
    const message = visit.messages.operator.client.sureMissing
    return showClient(visit, visit.fields.public_key, [{ field, message }])
  }

  async function adopt(visit: Visit): Promise<Answer> {
    const { fields, messages } = visit
    const publicKey = fields.public_key
    const read = readClientForm(fields, messages)
    if ('problems' in read) return showClient(visit, publicKey, read.problems)
    try {
      const { privateKey } = await registry.adopt(publicKey, read.details)
      const { name } = read.details
      return newPrivateKey(visit, messages.operator.privateKey.adopted(name), name, privateKey)
    } catch (error) {
      // Somebody was faster.
      if (error instanceof ClienteleError && error.code === 'client_exists') return toClient(visit)
      if (!fieldProblem(error)) throw error
      return showClient(visit, publicKey, [{ field: 'name', message: messages.operator.client.notAdoptable }])
    }
  }

  return {
    adopt,
    rotate: change((visit, { publicKey, name }) =>
      sure(visit, 'sure_rotate', async () => {
        const { privateKey } = await registry.rotate(publicKey)
        return newPrivateKey(visit, visit.messages.operator.privateKey.rotated(name), name, privateKey)
      }),
    ),
    retire: change((visit, { publicKey }) =>
      sure(visit, 'sure_retire', async () => {
        await registry.retire(publicKey)
        return toClient(visit)
      }),
    ),
    restore: change(async (visit, { publicKey }) => {
      await registry.restore(publicKey)
      return toClient(visit)
    }),
    official: change(async (visit, { publicKey }) => {
      await registry.update(publicKey, { official: visit.fields.official === 'yes' })
      return toClient(visit)
    }),
  }
}
