import { maxPublicKeyLength } from '../../keys/key-format.js'
import { refused } from '../../row-names.js'
import { dayOf } from '../../usage/days.js'
import { readShown } from '../../usage/disclosure/suppression.js'
import { type FieldProblem, typedDetails } from '../client/client-form.js'
import type { ConsoleParts, PageContext } from '../client/home.js'
import { notFound, type PageResponse, problemAnswer } from '../web/responses.js'
import { overtakings } from './answers.js'
import { clientModel } from './client.js'
import { operatorForms } from './forms.js'
import { heatMapOf } from './heat-map.js'
import { activeIn, isOfStandings, listOf, pageOf, quiet, RESERVED, readQuery, wholeOf } from './model.js'
import { operatorNumbers } from './numbers.js'
import { clientsCsv, heatInWords, refusalsInWords, storeInWords } from './tables.js'
import { botsInWords, choicesOf, clientRow, explanationOf, namedIn, overtakingsInWords, pagingOf } from './words.js'

/** The operator's pages by name. Whether somebody is the operator is asked before them. */
export function createOperatorPages(parts: ConsoleParts, title?: string) {
  const { usage, operator, smallestCrowd } = parts
  const { registry } = operator
  const numbers = operatorNumbers(parts)

  async function overview(context: PageContext): Promise<PageResponse> {
    const { messages } = context
    const query = readQuery(context.query)
    const standings = await numbers.standings()
    const [uses, refusals, registered] = await Promise.all([
      numbers.uses(standings.standings),
      numbers.refusals(),
      isOfStandings(query) ? [] : numbers.registered(),
    ])
    const whole = wholeOf(standings.standings)
    const found = listOf(standings.standings, registered, query)
    const page = pageOf(found, query.page)
    const overtaken = overtakings(standings.standings)
    const names = await numbers.clientsOf([
      ...page.items.map(({ publicKey }) => publicKey),
      ...uses.clients.map(({ publicKey }) => publicKey),
      ...namedIn(overtaken),
    ])
    const { format, operator: texts } = messages
    const days = format.days(standings.recent.from, standings.recent.to)
    const before = format.days(standings.before.from, standings.before.to)
    const model = {
      isEmpty: standings.standings.length === 0,
      lead: standings.standings.length === 0 ? texts.nobody : texts.lead(activeIn(standings.standings), whole),
      bots: botsInWords(context, { ...standings, uses }, whole, names),
      overtaking: overtakingsInWords(context, overtaken, standings, names),
      isWithheld: uses.clients.some(({ features }) => features.some(({ shown }) => shown === undefined)),
      query,
      choices: choicesOf(query, messages),
      first: page.first,
      rows: page.items.map((standing) => clientRow(context, standing, whole, names)),
      paging: pagingOf(context, query, page, found.length),
      hint: texts.list.hint(days, before),
      reserved: RESERVED.flatMap((publicKey) => {
        const standing = standings.standings.find((one) => one.publicKey === publicKey)
        return standing
          ? [{ ...clientRow(context, standing, whole, names), explained: explanationOf(publicKey, messages) }]
          : []
      }),
      refusals: refusalsInWords(refusals, messages),
    }
    return { status: 200, view: 'operator', model }
  }

  async function showClient(
    context: PageContext,
    publicKey: string,
    problems: readonly FieldProblem[],
  ): Promise<PageResponse> {
    const missing = problemAnswer(notFound(context.messages))
    if (publicKey === '' || publicKey.length > maxPublicKeyLength || publicKey === refused) return missing
    const [client, shown] = await Promise.all([registry.find(publicKey), readShown(usage, publicKey, smallestCrowd)])
    const model = clientModel(publicKey, client, shown, smallestCrowd, context.messages)
    if (!client && model.isEmpty && !RESERVED.includes(publicKey)) return missing
    const form = typedDetails(context.fields)
    return { status: problems.length > 0 ? 422 : 200, view: 'operator-client', model: { ...model, problems, form } }
  }

  return {
    ...operatorForms(registry, showClient, title),
    overview,
    client: (context: PageContext) => showClient(context, context.query.get('public_key') ?? '', []),

    async features(context: PageContext): Promise<PageResponse> {
      const standings = await numbers.standings()
      const uses = await numbers.uses(standings.standings)
      const map = heatMapOf(uses.clients)
      const names = await numbers.clientsOf(map.rows.map(({ publicKey }) => publicKey))
      return { status: 200, view: 'operator-features', model: heatInWords(context, map, uses, standings, names) }
    },

    async store({ messages }: PageContext): Promise<PageResponse> {
      const [holdings, registered, { standings }] = await Promise.all([
        operator.holdings(),
        numbers.registered(),
        numbers.standings(),
      ])
      const held = { ...holdings, registered: registered.length, active: activeIn(standings) }
      return {
        status: 200,
        view: 'operator-store',
        model: storeInWords(operator.health(), operator.blindSpots(), held, messages),
      }
    },

    async csv(): Promise<PageResponse> {
      const [{ standings, recent }, registered] = await Promise.all([numbers.standings(), numbers.registered()])
      const known = new Map(registered.map((client) => [client.publicKey, client]))
      const seen = new Set(standings.map(({ publicKey }) => publicKey))
      const all = [
        ...standings,
        ...registered.flatMap(({ publicKey }) => (seen.has(publicKey) ? [] : [quiet(publicKey)])),
      ]
      const headers = { 'Content-Disposition': `attachment; filename="clients-${dayOf(Date.now())}.csv"` }
      const text = clientsCsv(all, known, recent)
      return { status: 200, contentType: 'text/csv; charset=utf-8; header=present', text, headers }
    },
  }
}
