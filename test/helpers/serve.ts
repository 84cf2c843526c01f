// A Koa app on a port of its own, for as long as a test plays with it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type Koa from 'koa'

export async function serve<Result>(app: Koa, play: (url: string) => Promise<Result>): Promise<Result> {
  // Koa prints what a client that hangs up leaves behind.
  app.silent = true
  const server = createServer(app.callback())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await play(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

export const secret = 'a secret of more than 32 characters, for tests'

export interface RpcAnswer {
  status: number
  type: string | null
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into it as it likes
  json: any
}

/** Posts a JSON-RPC message, or a batch of them. */
export async function rpc(url: string, message: unknown, headers: Record<string, string> = {}): Promise<RpcAnswer> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(message), headers })
  const text = await answer.text()
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    text,
    json: text === '' ? undefined : JSON.parse(text),
  }
}
