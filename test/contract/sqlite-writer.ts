// A process of its own that writes to a SQLite file as fast as it can, and says what was acknowledged: file, name, rounds.
import { sqlite } from '../../adapters/sqlite.js'

const [file = '', name = '', rounds = 'Infinity'] = process.argv.slice(2)
const store = sqlite(file)
for (let round = 1; round <= Number(rounds); round++) {
  await store.setMany(Array.from({ length: 20 }, (_, index) => ({ key: `${name}.${index}`, value: `${round}` })))
  process.stdout.write(`${round}\n`)
}
