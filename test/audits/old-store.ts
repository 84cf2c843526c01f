// All that is shown of a store: each page, file and answer, at one moment.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import Koa from 'koa'
import { sqlite } from '../../adapters/sqlite.js'
import { clientele, lacuna } from '../../src/index.js'
import { Browser } from '../console/harness.js'

/** When the fixture was written; every page is of this moment. */
export const writtenAtMs = Date.UTC(2026, 2, 20, 12)
export const fixtureSecret = 'a secret of the fixture, of more than thirty-two characters'

const run = promisify(execFile)

/** By what it is. The file is changed as little as reading changes it: give it a copy. */
export async function everythingOf(file: string, privateKeys: readonly string[]): Promise<Map<string, string>> {
  const now = Date.now
  Date.now = () => writtenAtMs
  const store = sqlite(file)
  // A busy machine's timeout would be on the store's page.
  const limits = { storeTimeoutMs: 60_000 }
  const clients = clientele({ store, protocol: lacuna(), secret: fixtureSecret, enforce: 'off', ...limits })
  const app = new Koa()
  app.use(clients.console({ title: 'Stub Empire', operator: () => true }))
  const server = app.listen(0, '127.0.0.1')
  try {
    await clients.ready()
    const told = new Map<string, string>()
    const rows = await clients.usage.overview('all')
    told.set('usage.json', json({ rows, recent: await clients.usage.overview() }))
    for (const { publicKey } of rows)
      told.set(`usage of ${publicKey}.json`, json(await clients.usage.read(publicKey, 'all')))
    const listed = []
    for await (const client of clients.registry.list()) listed.push(client)
    listed.sort((one, another) => (one.publicKey < another.publicKey ? -1 : 1))
    told.set('registry.json', json(listed))
    const { port } = server.address() as { port: number }
    const see = async (browser: Browser, path: string, name: string, language = 'en') => {
      const { status, text } = await browser.go(path, { headers: { 'accept-language': language } })
      told.set(name, `${status}\n${text}`)
    }
    const base = `http://127.0.0.1:${port}`
    const stranger = new Browser(base)
    for (const page of ['', '/faq', '/stats', '/settings'])
      await see(stranger, `/apikey${page}`, `stranger${page || '/'}`)
    for (const [index, privateKey] of privateKeys.entries()) {
      const browser = new Browser(base)
      await browser.go('/apikey/sign-in', { form: { private_key: privateKey }, headers: { origin: base } })
      for (const range of ['7', '30', '90', '365', 'all']) {
        await see(browser, `/apikey/stats?range=${range}`, `client ${index} stats ${range}`)
      }
      for (const page of ['stats', 'settings'])
        await see(browser, `/apikey/${page}`, `client ${index} ${page}, German`, 'de')
      for (const page of ['settings', 'stats.json', 'stats.csv'])
        await see(browser, `/apikey/${page}`, `client ${index} ${page}`)
    }
    const queries = ['', '?sort=calls', '?sort=change&show=all', '?show=unregistered', '?q=client']
    for (const query of queries) await see(stranger, `/apikey/operator${query}`, `operator ${query || '?'}`)
    for (const page of ['', '/features', '/store'])
      await see(stranger, `/apikey/operator${page}`, `operator${page}, German`, 'de')
    for (const page of ['features', 'store', 'clients.csv'])
      await see(stranger, `/apikey/operator/${page}`, `operator ${page}`)
    for (const { publicKey } of rows) {
      const query = new URLSearchParams({ public_key: publicKey })
      await see(stranger, `/apikey/operator/client?${query}`, `operator on ${publicKey}`)
    }
    for (const [name, ...words] of commands(rows.map(({ publicKey }) => publicKey))) {
      const { stdout } = await run(process.execPath, [...frozen, ...words, '--store', `sqlite:${file}`])
      told.set(name, stdout)
    }
    return told
  } finally {
    server.closeAllConnections()
    server.close()
    await clients.close()
    await store.disconnect()
    Date.now = now
  }
}

const frozen = [
  ...['--import', 'tsx', '--import', `data:text/javascript,Date.now = () => ${writtenAtMs}`],
  'src/cli/main.ts',
]

function commands(publicKeys: readonly string[]): [name: string, ...words: string[]][] {
  return [
    ['clientele list', 'list'],
    ['clientele list --json', 'list', '--json'],
    ['clientele export --all --json', 'export', '--all', '--json'],
    ['clientele export', 'export'],
    ...publicKeys
      .slice(0, 2)
      .map((publicKey): [string, ...string[]] => [`clientele show ${publicKey}`, 'show', publicKey]),
  ]
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 1)}\n`
}
