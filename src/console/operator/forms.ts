import { ClienteleError } from '../../errors.js'
import type { Client } from '../../keys/client-registry.js'
import { fieldProblem, readClientForm } from '../client/client-form.js'
import type { Rich } from '../messages/rich.js'
import type { ConsoleParts } from '../web/console-parts.js'
import type { PageContext, PageResponse } from '../web/page.js'
import { notFound, problemResponse } from '../web/problems.js'
import type { FieldProblem } from '../web/request-form.js'
import { savedFile } from '../web/saved-file.js'
import { clientHref } from './client.js'

/** A client's page, with what is wrong with a form on it. */
export type ShowClient = (
  context: PageContext,
  publicKey: string,
  problems: readonly FieldProblem[],
) => Promise<PageResponse>

/** What an operator changes: each is a form with the public key in it. */
export function operatorForms(registry: ConsoleParts['registry'], showClient: ShowClient, title: string | undefined) {
  function newPrivateKey(context: PageContext, lead: Rich, name: string, privateKey: string): PageResponse {
    const { public_key: publicKey } = context.fields
    const { links, messages } = context
    const saved = savedFile(messages, title, { name, publicKey, privateKey })
    const model = { lead, publicKey, privateKey, saved, back: clientHref(links, publicKey) }
    return { status: 200, view: 'operator-private-key', model }
  }

  const toClient = ({ links, fields }: PageContext): PageResponse => ({
    status: 303,
    location: clientHref(links, fields.public_key),
  })

  /** A change of a registered client; of another there is nothing to change. */
  const change =
    (make: (context: PageContext, client: Client) => PageResponse | Promise<PageResponse>) =>
    async (context: PageContext) => {
      const client = await registry.find(context.fields.public_key)
      return client ? make(context, client) : problemResponse(notFound(context.messages))
    }

  /** What others feel at once is done only where the box is ticked. */
  const sure = (context: PageContext, field: 'sure_rotate' | 'sure_retire', make: () => Promise<PageResponse>) => {
    if (context.fields[field] === 'yes') return make()
    const message = context.messages.operator.client.sureMissing
    return showClient(context, context.fields.public_key, [{ field, message }])
  }

  async function adopt(context: PageContext): Promise<PageResponse> {
    const { fields, messages } = context
    const publicKey = fields.public_key
    const read = readClientForm(fields, messages)
    if ('problems' in read) return showClient(context, publicKey, read.problems)
    try {
      const { privateKey } = await registry.adopt(publicKey, read.details)
      const { name } = read.details
      return newPrivateKey(context, messages.operator.privateKey.adopted(name), name, privateKey)
    } catch (error) {
      // Somebody was faster.
      if (error instanceof ClienteleError && error.code === 'client_exists') return toClient(context)
      if (!fieldProblem(error)) throw error
      return showClient(context, publicKey, [{ field: 'name', message: messages.operator.client.notAdoptable }])
    }
  }

  return {
    adopt,
    rotate: change((context, { publicKey, name }) =>
      sure(context, 'sure_rotate', async () => {
        const { privateKey } = await registry.rotate(publicKey)
        return newPrivateKey(context, context.messages.operator.privateKey.rotated(name), name, privateKey)
      }),
    ),
    retire: change((context, { publicKey }) =>
      sure(context, 'sure_retire', async () => {
        await registry.retire(publicKey)
        return toClient(context)
      }),
    ),
    restore: change(async (context, { publicKey }) => {
      await registry.restore(publicKey)
      return toClient(context)
    }),
    official: change(async (context, { publicKey }) => {
      await registry.update(publicKey, { official: context.fields.official === 'yes' })
      return toClient(context)
    }),
  }
}
