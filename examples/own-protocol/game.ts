import { randomInt, randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import Router from '@koa/router'

/** Guess a number from 1 to 100; each session has its own. */
const numbers = new Map<string, number>()

function login(): string {
  const session = randomUUID()
  numbers.set(session, randomInt(1, 101))
  return session
}

function guess(session: string, text: string): string | undefined {
  const number = numbers.get(session)
  if (number === undefined) return undefined
  if (Number(text) === number) return 'right'
  return Number(text) < number ? 'higher' : 'lower'
}

/** The game by lines of text. */
function answerTo(line: string): string {
  const [command = '', session = '', text = ''] = line.trim().split(/\s+/)
  if (/^login$/i.test(command)) return `OK ${login()}`
  if (/^quit$/i.test(command)) return numbers.delete(session) ? 'OK bye' : 'ERR no such session'
  if (!/^guess$/i.test(command)) return 'ERR no such command'
  const answer = guess(session, text)
  return answer === undefined ? 'ERR no such session' : `OK ${answer}`
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

const router = new Router()
router.post('/command', async (ctx) => {
  ctx.body = `${answerTo(await textOf(ctx.req))}\n`
})

/** The same game by addresses. */
router.post('/sessions', (ctx) => {
  ctx.status = 201
  ctx.body = { session: login() }
})
router.put('/guesses/:number', (ctx) => {
  const answer = guess(ctx.get('authorization').slice('Bearer '.length), ctx.params.number ?? '')
  if (answer === undefined) ctx.throw(401)
  ctx.body = { answer }
})
router.delete('/sessions/current', (ctx) => {
  if (!numbers.delete(ctx.get('authorization').slice('Bearer '.length))) ctx.throw(401)
  ctx.status = 204
})

export const game = router.routes()
