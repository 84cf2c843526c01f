// Downloads once whatever an outsider can get: every page, range, order, language and file, and what the command line says.
import { sqlite } from '../../../adapters/sqlite.js'
import { shows, sorts } from '../../../src/console/operator/ranking.js'
import { rangeNames } from '../../../src/console/stats/time-series.js'
import { commandIn, fill } from '../../cli/command.js'
import { ask } from '../../console/harness.js'
import { temporaryFile } from '../../helpers/temporary.js'
import type { Read } from './facts.js'
import { readClientsCsv, readCsv, readExport, readJson, readList, readListed, readShown } from './files.js'
import { readClient, readHeat, readOverview, readStats } from './pages.js'
import { languages } from './tables.js'
import { now, type Played } from './world.js'

export interface Download {
  /** The address and the language, or the command. */
  where: string
  /** Of a page. */
  language?: string
  text: string
  /** Every number in it that is in a table, a chart or a file. */
  read(): Read
}

/** `publicKeys`: everybody who may be seen by the operator, registered or not. */
export async function downloadPages(
  { origin, privateKeys }: Played,
  publicKeys: readonly string[],
): Promise<Download[]> {
  const downloads: Download[] = []
  const get = async (path: string, read: (where: string, text: string) => Read, language?: string, publicKey = '') => {
    const headers = {
      ...(language && { 'accept-language': language }),
      ...(publicKey && { authorization: `Bearer ${privateKeys.get(publicKey)}` }),
    }
    const { status, text } = await ask(origin, `/apikey/${path}`, { headers })
    const where = [path, publicKey, language].filter(Boolean).join(' ')
    if (status !== 200) throw new Error(`${where} answers ${status}`)
    downloads.push({ where, ...(language && { language }), text, read: () => read(where, text) })
  }
  for (const publicKey of privateKeys.keys()) {
    await get('stats.json', (where, text) => readJson(where, publicKey, JSON.parse(text)), undefined, publicKey)
    await get('stats.csv', (where, text) => readCsv(where, text, publicKey), undefined, publicKey)
    for (const language of Object.keys(languages)) {
      const read = (where: string, text: string) => readStats(where, language, publicKey, text)
      for (const range of ['', ...rangeNames.map((name) => `?range=${name}`)]) {
        await get(`stats${range}`, read, language, publicKey)
      }
    }
  }
  await get('operator/clients.csv', readClientsCsv)
  for (const language of Object.keys(languages)) {
    for (const sort of sorts) {
      for (const show of shows) {
        const query = `operator?sort=${sort}&show=${show}`
        await get(query, (where, text) => readOverview(where, language, text), language)
      }
    }
    await get('operator?q=i', (where, text) => readOverview(where, language, text), language)
    await get('operator/features', (where, text) => readHeat(where, language, text), language)
    for (const publicKey of publicKeys) {
      const path = `operator/client?${new URLSearchParams({ public_key: publicKey })}`
      await get(path, (where, text) => readClient(where, language, publicKey, text), language)
    }
  }
  return downloads
}

/** What the command line says of the same store, at the same time. */
export async function downloadCommands({ records }: Played, publicKeys: readonly string[]): Promise<Download[]> {
  await using file = await temporaryFile('world.sqlite')
  const keyv = sqlite(file.path)
  await fill(keyv, records)
  await keyv.disconnect()
  const environment = {
    CLIENTELE_STORE: `sqlite:${file.path}`,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(clockAt(now))}`,
  }
  const reads: [words: string[], read: (where: string, text: string) => Read][] = [
    [['list'], readList],
    [['list', '--json'], (where, text) => readListed(where, JSON.parse(text))],
    [['export'], (where, text) => readCsv(where, text)],
    [['export', '--json'], (where, text) => readExport(where, JSON.parse(text), 'recent')],
    [['export', '--all'], (where, text) => readCsv(where, text)],
    [['export', '--all', '--json'], (where, text) => readExport(where, JSON.parse(text), 'all')],
    ...publicKeys.flatMap((publicKey): typeof reads => [
      [['show', publicKey], (where, text) => readShown(where, publicKey, text)],
      [['show', publicKey, '--json'], (where, text) => readJson(where, publicKey, JSON.parse(text))],
    ]),
  ]
  const downloads: Download[] = []
  const queue = reads.entries()
  const work = async () => {
    for (const [at, [words, read]] of queue) {
      const { code, out, err } = await commandIn(environment, ...words)
      if (code !== 0) throw new Error(`clientele ${words.join(' ')}: ${err}`)
      const where = `clientele ${words.join(' ')}`
      downloads[at] = { where, text: out, read: () => read(where, out) }
    }
  }
  await Promise.all([work(), work()])
  return downloads
}

const clockAt = (iso: string) => `const ms = Date.now, start = ms(); Date.now = () => ${Date.parse(iso)} + ms() - start`
