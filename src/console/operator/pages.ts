import { maxPublicKeyLength } from '../../keys/key-format.js'
import type { RefusalReason } from '../../refusals.js'
import { refused } from '../../row-names.js'
import { dayOf } from '../../usage/days.js'
import { readShown } from '../../usage/disclosure/suppression.js'
import { typedDetails } from '../client/client-form.js'
import type { Messages } from '../messages/en/en.js'
import type { ConsoleParts } from '../web/console-parts.js'
import type { PageContext, PageResponse } from '../web/page.js'
import { notFound, problemResponse } from '../web/problems.js'
import type { FieldProblem } from '../web/request-form.js'
import { countActive, inactive, shownSharedRows, wholeOf } from './activity.js'
import { clientModel } from './client.js'
import { clientsCsv } from './clients-csv.js'
import { operatorForms } from './forms.js'
import { heatMapModel, heatMapOf } from './heat-map.js'
import { createOperatorReader } from './operator-reader.js'
import { namedIn, overtakings, whoOvertakes } from './overtaking.js'
import { isOfActivity, listPageOf, rankedClients, rankingModel, readQuery } from './ranking.js'
import { storeModel } from './store.js'
import { workOfBots } from './work-of-bots.js'

/** The operator's pages by name. Whether somebody is the operator is asked before them. */
export function createOperatorPages(parts: ConsoleParts, title?: string) {
  const { registry, usage, operator, smallestCrowd } = parts
  const reader = createOperatorReader(parts)

  async function overview(context: PageContext): Promise<PageResponse> {
    const { messages } = context
    const query = readQuery(context.query)
    const activity = await reader.activity()
    const { clients } = activity
    const [use, refusals, registered] = await Promise.all([
      reader.featureUse(clients),
      reader.refusals(),
      isOfActivity(query) ? [] : reader.registered(),
    ])
    const ranked = rankedClients(clients, registered, query)
    const shown = listPageOf(ranked, query.page)
    const overtaken = overtakings(clients)
    const known = await reader.known([
      ...shown.items.map(({ publicKey }) => publicKey),
      ...use.clients.map(({ publicKey }) => publicKey),
      ...namedIn(overtaken),
    ])
    const { nobody, lead } = messages.operator
    const model = {
      isEmpty: clients.length === 0,
      lead: clients.length === 0 ? nobody : lead(countActive(clients), wholeOf(clients)),
      bots: workOfBots(context, activity, use, known),
      overtaking: whoOvertakes(context, activity, overtaken, known),
      isWithheld: use.clients.some(({ features }) => features.some((feature) => feature.shown === undefined)),
      ...rankingModel(context, query, activity, ranked.length, shown, known),
      refusals: refusalRows(refusals, messages),
    }
    return { status: 200, view: 'operator', model }
  }

  async function showClient(
    context: PageContext,
    publicKey: string,
    problems: readonly FieldProblem[],
  ): Promise<PageResponse> {
    const missing = problemResponse(notFound(context.messages))
    if (publicKey === '' || publicKey.length > maxPublicKeyLength || publicKey === refused) return missing
    const [client, shown] = await Promise.all([registry.find(publicKey), readShown(usage, publicKey, smallestCrowd)])
    const model = clientModel(publicKey, client, shown, smallestCrowd, context.messages)
    if (!client && model.isEmpty && !shownSharedRows.includes(publicKey)) return missing
    const form = typedDetails(context.fields)
    return { status: problems.length > 0 ? 422 : 200, view: 'operator-client', model: { ...model, problems, form } }
  }

  return {
    ...operatorForms(registry, showClient, title),
    overview,
    client: (context: PageContext) => showClient(context, context.query.get('public_key') ?? '', []),

    async features(context: PageContext): Promise<PageResponse> {
      const activity = await reader.activity()
      const use = await reader.featureUse(activity.clients)
      const map = heatMapOf(use.clients)
      const known = await reader.known(map.rows.map(({ publicKey }) => publicKey))
      return { status: 200, view: 'operator-features', model: heatMapModel(context, map, activity, use, known) }
    },

    async store({ messages }: PageContext): Promise<PageResponse> {
      const [holdings, registered, { clients }] = await Promise.all([
        operator.holdings(),
        reader.registered(),
        reader.activity(),
      ])
      const held = { ...holdings, registered: registered.length, active: countActive(clients) }
      const model = storeModel(operator.health(), operator.blindSpots(), held, messages)
      return { status: 200, view: 'operator-store', model }
    },

    async csv(): Promise<PageResponse> {
      const [{ clients, recent }, registered] = await Promise.all([reader.activity(), reader.registered()])
      const known = new Map(registered.map((client) => [client.publicKey, client]))
      const seen = new Set(clients.map(({ publicKey }) => publicKey))
      const others = registered.filter(({ publicKey }) => !seen.has(publicKey))
      const all = [...clients, ...others.map(({ publicKey }) => inactive(publicKey))]
      const headers = { 'Content-Disposition': `attachment; filename="clients-${dayOf(Date.now())}.csv"` }
      const text = clientsCsv(all, known, recent)
      return { status: 200, contentType: 'text/csv; charset=utf-8; header=present', text, headers }
    },
  }
}

/** What was refused, a reason a row. */
function refusalRows(refusals: readonly [reason: string, times: number][], messages: Messages) {
  const reasons: Record<RefusalReason, string> = messages.operator.reserved.reasons
  return refusals.map(([reason, times]) => ({
    reason: Object.hasOwn(reasons, reason) ? reasons[reason as RefusalReason] : reason,
    times: messages.format.count(times),
  }))
}
