/** A client of the demonstration, and how it lives. */
export interface DemoClient {
  name: string
  /** What it sends that was never registered as such; adopted, if it has a name. */
  publicKey?: string
  url?: string
  official?: boolean
  /** People who use it, in its best days. */
  players: number
  /** Of a year ago and of today, how busy it is: 1 is its best. What it is in between is a line. */
  atFirst: number
  atLast: number
  /** How much busier it is on Saturday and Sunday. */
  weekend: number
  callsPerSession: number
  /** What its calls are, by weight. */
  features: Record<string, number>
  /** Of its calls that the game answers with an error. */
  errorRate: number
  /** Days ago when it came, and went. */
  came?: number
  went?: number
}

const browsing = {
  'empire.get_status': 3,
  'body.get_status': 4,
  'body.get_buildings': 9,
  'map.get_star': 4,
  'inbox.view_inbox': 3,
  'stats.empire_rank': 2,
}

/** A believable dozen: the game's own programs, other people's, bots, and what nobody registered. */
export const demoClients: readonly DemoClient[] = [
  {
    name: 'Web client',
    url: 'https://play.stub-empire.example',
    official: true,
    players: 90,
    atFirst: 0.8,
    atLast: 1,
    weekend: 1.5,
    callsPerSession: 14,
    errorRate: 0.012,
    features: { ...browsing, 'planetarycommand.view': 6, 'map.get_star_map': 3, 'empire.view_profile': 1 },
  },
  {
    name: 'iPhone client',
    publicKey: 'iOS',
    official: true,
    players: 60,
    atFirst: 1,
    atLast: 0.35,
    weekend: 1.2,
    callsPerSession: 6,
    errorRate: 0.03,
    features: { ...browsing, 'empire.view_profile': 1 },
  },
  {
    name: 'Starfarer for Android',
    url: 'https://starfarer.example',
    players: 70,
    atFirst: 0.2,
    atLast: 0.9,
    weekend: 1.3,
    callsPerSession: 8,
    errorRate: 0.02,
    features: { ...browsing, 'planetarycommand.view': 4 },
  },
  {
    name: 'Glyph finder',
    url: 'https://github.example/glyph-finder',
    players: 26,
    atFirst: 0.3,
    atLast: 1,
    weekend: 1,
    callsPerSession: 40,
    errorRate: 0.004,
    features: { 'body.get_buildings': 10, 'planetarycommand.view': 28, 'body.get_status': 2 },
  },
  {
    name: 'Star mapper',
    players: 14,
    atFirst: 0.9,
    atLast: 0.8,
    weekend: 1,
    callsPerSession: 60,
    errorRate: 0.06,
    features: { 'map.get_star_map': 30, 'map.get_star_by_name': 9, 'map.get_star': 4 },
  },
  {
    name: 'Nightly builder',
    players: 18,
    atFirst: 0.5,
    atLast: 0.7,
    weekend: 0.9,
    callsPerSession: 24,
    errorRate: 0.015,
    features: { 'body.get_status': 8, 'body.get_buildings': 12, 'planetarycommand.view': 14, 'empire.get_status': 2 },
  },
  {
    name: 'Mail to Matrix',
    url: 'https://bridge.example',
    players: 22,
    atFirst: 0.6,
    atLast: 0.9,
    weekend: 1,
    callsPerSession: 5,
    errorRate: 0.002,
    features: { 'inbox.view_inbox': 12, 'stats.empire_rank': 8 },
  },
  {
    name: 'Empire in the terminal',
    players: 9,
    atFirst: 0.7,
    atLast: 0.6,
    weekend: 1.4,
    callsPerSession: 9,
    errorRate: 0.01,
    features: browsing,
  },
  {
    name: 'Widgets for the desktop',
    came: 60,
    players: 34,
    atFirst: 0.1,
    atLast: 1,
    weekend: 0.8,
    callsPerSession: 3,
    errorRate: 0.008,
    features: { 'empire.get_status': 10, 'inbox.view_inbox': 4 },
  },
  {
    name: 'The old Perl scripts',
    went: 120,
    players: 12,
    atFirst: 0.8,
    atLast: 0.2,
    weekend: 1,
    callsPerSession: 12,
    errorRate: 0.09,
    features: { 'body.get_buildings': 6, 'planetarycommand.view': 6, 'map.get_star_map': 2 },
  },
  {
    name: '',
    publicKey: 'anonymous',
    players: 20,
    atFirst: 0.6,
    atLast: 0.7,
    weekend: 1.1,
    callsPerSession: 7,
    errorRate: 0.05,
    features: { ...browsing, 'map.get_star_by_name': 2 },
  },
  {
    name: '',
    publicKey: 'my-first-bot',
    players: 1,
    atFirst: 0.4,
    atLast: 0.9,
    weekend: 1,
    callsPerSession: 90,
    errorRate: 0.2,
    features: { 'map.get_star_map': 20, 'body.get_status': 5 },
  },
]

/** A generator of numbers from 0 to 1 that gives the same ones each time. */
export function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** The players that a client has on a day, by their numbers. */
export function playersOn(client: DemoClient, daysAgo: number, days: number, roll: () => number): number[] {
  if (daysAgo > (client.came ?? days) || daysAgo < (client.went ?? 0)) return []
  const weekday = new Date(Date.now() - daysAgo * 86_400_000).getUTCDay()
  const trend = client.atLast + ((client.atFirst - client.atLast) * daysAgo) / days
  const busy = trend * (weekday % 6 === 0 ? client.weekend : 1) * (0.8 + 0.4 * roll())
  return Array.from({ length: client.players }, (_, player) => player).filter(() => roll() < busy * 0.35)
}

/** What one call is. */
export function featureOf({ features }: DemoClient, roll: () => number): string {
  let left = roll() * Object.values(features).reduce((sum, weight) => sum + weight, 0)
  for (const [feature, weight] of Object.entries(features)) {
    left -= weight
    if (left < 0) return feature
  }
  return Object.keys(features)[0] ?? ''
}
