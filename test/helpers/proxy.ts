// A TCP proxy that a test can make slow, or cut.
import { connect, createServer, type Socket } from 'node:net'

export interface Proxy extends AsyncDisposable {
  readonly port: number
  /** Added to every piece of data, in both directions. */
  delayMs: number
  /** While true, what the server answers is swallowed, and the connection is cut at its first answer. */
  cutsAnswers: boolean
}

export async function proxy(targetPort: number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.on('data', (data) => {
        if (from === far && own.cutsAnswers) near.destroy()
        else if (own.delayMs === 0) to.write(data)
        else setTimeout(() => to.write(data), own.delayMs)
      })
    }
  })
  const own: Proxy = {
    get port() {
      return (server.address() as { port: number }).port
    },
    delayMs: 0,
    cutsAnswers: false,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return own
}
