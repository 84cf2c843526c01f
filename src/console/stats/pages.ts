import type { Client } from '../../keys/client-registry.js'
import { readShown, type ShownUsage } from '../../usage/disclosure/suppression.js'
import { notSignedIn, signInForm } from '../access/sign-in-pages.js'
import type { ConsoleParts } from '../web/console-parts.js'
import { exampleCommandFor } from '../web/example-command.js'
import type { PageContext, PageResponse } from '../web/page.js'
import { problemResponse } from '../web/problems.js'
import { slug } from '../web/saved-file.js'
import { chartModel } from './chart-model.js'
import { statsCsv, statsJson } from './files.js'
import { statsModel } from './model.js'
import { rangeNamed } from './time-series.js'

/** A client's numbers: the page, and the files for programs. */
export function createStatsPages(parts: ConsoleParts) {
  const { usage, keyPrefix, smallestCrowd } = parts

  function read({ publicKey }: Client): Promise<ShownUsage> {
    return readShown(usage, publicKey, smallestCrowd)
  }

  return {
    async page(context: PageContext): Promise<PageResponse> {
      const { client, messages } = context
      if (!client) return { ...signInForm(keyPrefix, []), signOut: true }
      const shown = await read(client)
      const numbers = statsModel(shown, smallestCrowd, messages)
      const retired = client.retiredAtMs === undefined ? undefined : messages.format.day(client.retiredAtMs)
      const model = { name: client.name, publicKey: client.publicKey, retired }
      if (numbers) {
        const chart = chartModel(shown, rangeNamed(context.query.get('range')), messages)
        return { status: 200, view: 'stats', model: { ...model, numbers, chart } }
      }
      const command = exampleCommandFor(parts, context, client.publicKey)
      return { status: 200, view: 'no-numbers', model: { ...model, command } }
    },

    async json({ client }: PageContext): Promise<PageResponse> {
      if (!client) return problemResponse(notSignedIn, 'json')
      const text = statsJson(client, await read(client), smallestCrowd)
      return { status: 200, contentType: 'application/json', text }
    },

    async csv({ client }: PageContext): Promise<PageResponse> {
      if (!client) return problemResponse(notSignedIn, 'csv')
      const headers = { 'Content-Disposition': `attachment; filename="stats-${slug(client.name)}.csv"` }
      const text = statsCsv(await read(client), smallestCrowd)
      return { status: 200, contentType: 'text/csv; charset=utf-8; header=present', text, headers }
    },
  }
}
