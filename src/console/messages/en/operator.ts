import { bdi, code, link, type RichPart, rich, strong } from '../rich.js'
import { calls, clients, format, logins, sessions } from './nouns.js'

/** Of the operator's pages, by what is on them. */
export const operator = {
  pages: 'Pages for the operator',
  clients: 'Clients',
  features: 'Features',
  store: 'Store',
  lead: (count: number, past: { sessions: number; calls: number }) =>
    `${clients(count)} had ${sessions(past.sessions)} and made ${calls(past.calls)} in the past 30 days.`,
  nobody:
    'No client has done anything in the past 60 days. Each appears here with its first login; who only registered is listed under “Show: all”.',

  answers: {
    bots: 'What is mostly the work of bots?',
    botFeature: (feature: string, share: string, count: number, others: number, most: RichPart) =>
      others === 1
        ? rich`${code(feature)}: ${share} of ${calls(count)} came from ${most}.`
        : rich`${code(feature)}: ${share} of ${calls(count)} came from ${clients(others)} of other people, the largest part from ${most}.`,
    botsMore: (count: number) => `Of ${format.count(count)} more features the same is true.`,
    botsNone: 'No feature: of none with 100 calls or more do two thirds come from other people’s clients.',
    botsUnmarked:
      'That cannot be told yet, because no client is marked as the game’s own. Open one in the list below and mark it.',
    botsEvidence: (days: string, count: number, share: string) =>
      `${days}, UTC, from the ${clients(count)} with the most calls, which made ${share} of all. Named are features with 100 calls or more, two thirds of them from clients that are not the game’s own.`,
    withheld: 'Numbers that too few players share are withheld, and are in no sum here.',
    overtaking: 'Which client is overtaking which?',
    overtook: (ahead: RichPart, behind: RichPart) => rich`${ahead} has overtaken ${behind}: `,
    overtookBy: (recent: [number, number], before: [number, number]) =>
      `${sessions(recent[0])} against ${format.count(recent[1])} in the past 30 days, ${format.count(before[0])} against ${format.count(before[1])} in the 30 before.`,
    overtookMore: (count: number) => ` So it has ${clients(count)} more.`,
    overtakingMore: (count: number) => `${clients(count)} more have overtaken another.`,
    overtakingNone: 'None: no client that was behind another is clearly ahead of it now.',
    overtakingEvidence: (days: string, before: string) =>
      `Sessions of ${days}, compared with ${before}, UTC. A lead that may be chance does not count.`,
  },

  list: {
    search: 'Search clients',
    searchHint: 'Name, public key or contact',
    searchButton: 'Search',
    show: 'Show',
    active: 'active in the past 60 days',
    unregistered: 'not registered',
    all: 'all',
    sort: 'Order by',
    bySessions: 'sessions',
    byCalls: 'calls',
    byChange: 'change of sessions',
    caption: 'Clients by rank',
    client: 'Client',
    sessions: 'Sessions',
    share: 'Share',
    trend: 'Trend',
    calls: 'Calls',
    errors: 'Errors',
    official: 'the game’s own',
    notRegistered: 'not registered',
    retired: 'retired',
    isNew: 'new',
    from: (count: number) => `from ${format.count(count)}`,
    none: 'No client fits. Search for less, or choose what to show.',
    found: (count: number) => `${clients(count)}`,
    place: (page: number, pages: number) => `Page ${format.count(page)} of ${format.count(pages)}`,
    previous: 'Previous page',
    next: 'Next page',
    hint: (days: string, before: string) =>
      `${days}, UTC. The trend compares sessions with ${before}; a level arrow says that the difference may be chance. Shares are of everything, what has no client of its own included.`,
    file: (csv: string) => rich`The whole list as ${link(csv, 'CSV')}`,
  },

  reserved: {
    title: 'What has no client of its own',
    anonymous: 'Everybody who sends the word anonymous: many programs that nobody can tell apart.',
    nobody: 'Calls that came without a session, such as asking whether a name is free.',
    unread:
      'Sessions that the game handed out to requests that nobody could read, and their calls. The option strict refuses them.',
    other:
      'Public keys that are not registered: after the first thousand of a day, and when they were not used for three months.',
    refusedTitle: 'What was refused',
    refusedHint: 'Logins in the past 30 days, by reason. They are neither sessions nor calls.',
    refusedNone: 'Nothing was refused in the past 30 days.',
    times: 'Times',
    reasons: {
      missing: 'There was no key.',
      malformed: 'The key was no text, too long, or had control characters in it.',
      mistyped: 'The key looked like one of this server, but a character was wrong.',
      foreign: 'The key was another server’s.',
      unknown: 'Nobody registered the key.',
      retired: 'The client is retired.',
      reserved: 'The key was a name that no client may have, or a private key.',
    },
  },

  client: {
    lead: (past: { sessions: number; calls: number }, before: number) =>
      `${sessions(past.sessions)} and ${calls(past.calls)} in the past 30 days, after ${sessions(before)} in the 30 before.`,
    publicKey: 'Public key',
    url: 'Web address',
    contact: 'Contact',
    registered: 'Registered',
    numbers: 'Numbers',
    past30Days: 'Past 30 days',
    before: '30 days before',
    allTime: 'All time',
    players: 'Distinct players',
    withheld: 'withheld',
    withheldHint: (crowd: string) =>
      `Withheld: fewer than ${crowd} distinct players share the number, or it would give such a number away.`,
    none: 'It has done nothing yet.',
    isUnregistered: 'Nobody registered this public key.',
    isOfficial: 'This is the game’s own client.',
    isForeign: 'This is not marked as the game’s own client.',
    manage: 'Manage',
    makeOfficial: 'Mark as the game’s own',
    makeForeign: 'It is not the game’s own',
    rotate: 'Make a new private key',
    rotateHint:
      'For a developer who lost the private key. The old one stops working at once; the public key and the numbers stay.',
    rotateSure: 'The old private key may stop working',
    retire: 'Retire',
    retireHint:
      'Logins with the public key of a retired client are refused, everywhere within ten seconds. Its numbers stay. You can restore it; its developer cannot.',
    retireSure: 'Logins with its public key may be refused',
    restore: 'Restore',
    restoreHint: 'Logins with its public key are taken again, everywhere within ten seconds.',
    sureMissing: 'Tick the box to say that you mean it. Nothing was changed.',
    adopt: 'Adopt',
    adoptHint: 'Adopting gives it a name and a private key; what was counted for it stays.',
    name: 'Name',
    optional: 'Optional.',
    notAdoptable: 'No client can have this public key. Nothing was changed.',
  },

  privateKey: {
    adopted: (name: string) => rich`${bdi(name)} now has a private key.`,
    rotated: (name: string) => rich`${bdi(name)} now has a new private key. The old one has stopped working.`,
    title: 'A new private key',
    hint: rich`${strong('Shown only this once:')} this server keeps no copy that it could read. Give it to the developer of the client, and to nobody else.`,
    save: 'Save as a file',
    back: (href: string) => rich`${link(href, 'To the client')}`,
  },

  heat: {
    title: 'Clients and features',
    lead: (count: number, features: number) =>
      `The ${clients(count)} with the most calls, and their ${format.count(features)} most used ${features === 1 ? 'feature' : 'features'}.`,
    none: 'There are no calls in the past 30 days. A client and what it uses appear here within a minute of its first call.',
    caption: 'Calls in the past 30 days, by client and feature',
    sum: 'Sum of what is shown',
    evidence: (days: string, share: string, time: string) =>
      `Calls from ${days}, UTC; these clients made ${share} of all. As of ${time}, UTC, at most a minute ago.`,
    sumsHint: 'A dot is a number that is withheld. The sums leave those out.',
    scale: 'Each shade is ten times the one before:',
    from: (least: string) => `from ${least}`,
    table: 'The same as a list, in full',
    feature: 'Feature',
  },

  holds: {
    title: 'The store',
    up: 'It works.',
    down: 'It does not answer. Logins go on, counts wait in memory and will be written.',
    starting: 'It has not answered yet.',
    waiting: 'Records that wait to be written',
    oldest: 'The oldest of them has waited',
    seconds: (count: number) => `${format.count(count)} s`,
    dropped: 'Session bindings given up in an outage',
    unread: 'Requests that could not be read, and sessions that nobody accounts for',
    unlearned: 'Logins without a session where the protocol looks for it',
    blindTitle: 'Sessions that are not counted',
    blind: (feature: string, place: string, count: number) =>
      rich`${code(feature)}: ${logins(count)} went well and had no session at ${code(place)}. Correct the protocol, or give this feature ${code('session: false')} if it has none. ${code('clientele doctor --protocol … --traffic …')} finds the right place in recorded traffic.`,
    secret: 'Secret that hashes players',
    given: 'Given by the host.',
    made: 'Made here and kept in the store. Give one, and a stolen store tells nothing of players.',
    growing: 'Expired records',
    isGrowing: 'They stay, because this store can neither drop nor list them.',
    isDropped: 'They are dropped.',
    lastError: 'Last failure',
    since: (text: string, time: string) => rich`${code(text)}, ${time}, UTC`,
    holdsTitle: 'What it holds',
    registered: 'Registered clients',
    active: 'Public keys active in the past 30 days',
    writers: 'Processes that it knows, this one included',
    first: 'First sealed day',
    through: 'Months are final through',
    notYet: 'none yet',
  },
}
