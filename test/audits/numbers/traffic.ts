// What is played in the test of all numbers: something for each line, sentence and corner of every page.
import type { Visit, World } from '../disclosure/world.js'

const letters = 'abcdefghijklmnopqrstuvwxyz'
const many = <Item>(count: number, make: (at: number) => Item) => Array.from({ length: count }, (_, at) => make(at))

/** So many players come on a day, each as the same visit. */
function crowd(client: string, count: number, daysAgo: number, visit: Partial<Visit> = {}): Visit[] {
  return many(count, (at) => ({ client, player: `${client} ${at}`, daysAgo, calls: {}, ...visit }))
}

const webFeatures = many(26, (at) => `map.look_${letters[at]}`)

/** The game's own: more features than fit into the first table, every period, days whose records are gone. */
function web(): Visit[] {
  const days = [0, 1, 2, 6, 7, 13, 28, 29, 30, 31, 45, 59, 60, 61, 75, 119, 121, 200, 364, 370, 395, 420, 431, 470, 500]
  return days.flatMap((daysAgo, dayAt) =>
    many(daysAgo === 13 ? 24 : 3 + ((daysAgo * 7) % 9), (at): Visit => {
      const used = webFeatures.filter((_, feature) => (feature * 3 + at + dayAt) % 7 < 3)
      return {
        ...{
          client: 'web',
          player: `web ${(at * 5 + daysAgo) % 40}`,
          daysAgo,
          wrong: (at + daysAgo) % 4 === 0 ? 2 : 0,
        },
        ...(at % 5 === 4 && { method: daysAgo % 2 === 0 ? 'empire.found' : 'empire.reset_password' }),
        calls: {
          ...Object.fromEntries(used.map((name, feature) => [name, [1 + ((feature + at) % 6), at % 3]])),
          'body.view': [daysAgo < 30 ? 9 + at : 8, 1],
          ...(daysAgo < 30 && at > 1 && { 'trade.push': [4, 0] as [number, number] }),
          ...(at === 0 && { '(unknown)': [0, 2] as [number, number] }),
        },
        metrics: { gems: 0.25 + at, ...(daysAgo % 2 === 0 && { essentia: 123_456 + daysAgo }) },
      }
    }),
  )
}

/** Other people's: features that are mostly theirs, by the ten thousand. */
function bot(): Visit[] {
  const features = ['body.harvest', 'body.repair', 'body.sell', 'map.scan', 'map.trace', 'trade.pull', 'trade.list']
  return [0, 3, 8, 28, 33, 58, 90, 130].flatMap((daysAgo) =>
    crowd('bot', 9, daysAgo, {
      calls: {
        ...Object.fromEntries(features.map((name, at) => [name, [20 + at, at % 2] as [number, number]])),
        'body.harvest': [350, 5],
        'body.view': [daysAgo < 30 ? 2 : 3, 0],
      },
    }),
  )
}

const risers = many(7, (at) => `riser-${letters[at]}`)

const visits: Visit[] = [
  ...web(),
  ...bot(),
  // All but 1 of its calls are of one feature, and that 1 is less than a thousandth.
  ...crowd('loop', 6, 4, { calls: { 'map.poll': [500, 0] } }),
  ...crowd('fans', 300, 20),
  ...crowd('fans', 40, 50),
  ...crowd('iOS', 8, 2, { calls: { 'body.view': [2, 1] }, metrics: { gems: 1 } }),
  ...crowd('iOS', 8, 33, { calls: { 'body.view': [9, 0] } }),
  ...crowd('anonymous', 7, 3, { calls: { 'body.view': [3, 0], 'trade.push': [1, 0] } }),
  ...crowd('anonymous', 2, 39, { calls: { 'body.view': [1, 0] } }),
  ...crowd('tiny', 3, 1, { calls: { 'body.view': [30, 0], 'map.look_a': [2, 2] } }),
  ...crowd('tiny', 2, 36, { calls: { 'body.view': [3, 0] } }),
  ...crowd('silent', 6, 5, { player: '', calls: { 'body.view': [1, 0] } }),
  ...crowd('silent', 7, 35, { player: '', calls: { 'body.view': [1, 1] } }),
  ...crowd('gone', 6, 41, { calls: { 'body.view': [2, 0] } }),
  ...crowd('gone', 6, 95, { calls: { 'body.view': [2, 0] } }),
  ...crowd('past', 6, 140, { calls: { 'body.view': [2, 0] } }),
  ...crowd('past', 6, 190, { calls: { 'body.view': [2, 0] } }),
  ...crowd('newcomer', 6, 1, { calls: { 'body.view': [1, 1] } }),
  ...crowd('newcomer', 5, 0, { calls: { 'map.look_b': [2, 0] } }),
  // More features a day than are kept by name: of those that are used least the first few. One visit a day, because the
  // names of a later one would depend on when the counts of the first were written.
  ...many(6, (day): Visit => {
    const pages = many(300, (at) => [`map.${at < 250 ? 'page' : 'rare'}_${at}`, at < 250 ? [3, 0] : [1, 0]])
    const calls = Object.fromEntries(pages)
    return { client: 'crawler', player: `crawler ${day}`, daysAgo: 9 + day, wrong: 2, calls }
  }),
  ...risers.flatMap((client, at) => [...crowd(client, 1 + at, 40), ...crowd(client, 30 + at, 6)]),
  ...crowd('faller', 20, 44),
  ...crowd('faller', 2, 7),
  ...crowd('fallen', 18, 44),
  // More clients than fit on one page of the list. None is of today alone: an export could not be told from a day of it.
  ...many(45, (at) => crowd(`wild ${letters[at % 26]}${letters[Math.floor(at / 26)]}`, 1, 1 + ((at * 4) % 59))).flat(),
]

const refused: [daysAgo: number, reason: string, publicKey?: string][] = [
  ...[3, 2, 2, 45, 400].map((daysAgo): [number, string] => [daysAgo, 'missing']),
  [1, 'missing', ''],
  [5, 'malformed', 'a\u0001b'],
  [29, 'reserved', '(x)'],
  [30, 'reserved', '(none)'],
]

export const world: World & { refusedFor: readonly string[] } = {
  clients: {
    web: { name: 'Web client', official: true },
    bot: { name: 'Harvester', contact: 'me@example.org' },
    loop: { name: 'In a loop' },
    fans: { name: 'Fans' },
    tiny: { name: 'Only a few' },
    silent: { name: 'Tells nobody' },
    gone: { name: 'Gone with the wind' },
    past: { name: 'Long past', url: 'https://past.example/' },
    newcomer: { name: 'Newcomer' },
    crawler: { name: 'Crawler' },
    quiet: { name: 'Never played' },
  },
  visits,
  refused: refused.map(([daysAgo, , publicKey]) => ({ daysAgo, ...(publicKey !== undefined && { publicKey }) })),
  refusedFor: refused.map(([, reason]) => reason),
  strangers: [2, 2, 5, 33, 90],
  retired: ['gone'],
}
