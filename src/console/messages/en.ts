// Every text of the console's pages, by page. To add one: write it here, then in de.ts, which does not compile without it, and use
// it as `messages.page.name` in a template or `visit.messages.page.name` in a page. A text with numbers or names in it is a
// function; write numbers and days with `format`. A text with a link or code in it is rich`…`, drawn by the mixin `+rich`.
// test/console/languages.test.ts fails until one of its pages shows the text. What programs read, CSV, JSON and their problems,
// stays English and is not here.
import { formatIn, sentence } from '../format.js'
import { operatorTexts } from './operator-en.js'
import { bdi, code, link, listed, rich, strong } from './rich.js'
import { mail, settings, tooMany } from './settings-en.js'

// 'en' alone is American and would write "Nov 23, 2025"; this order reads the same everywhere.
const format = formatIn('en-GB', 'to')
const sessions = (value: number) => format.plural(value, { none: 'no sessions', one: 'session', other: 'sessions' })

/** Of a number against the one of the period before. */
export type Change = 'none' | 'same' | 'more' | 'fewer'
/** What a chart shows. */
export interface Described {
  days: string
  most?: { sessions: number; when: string }
  /** How many of its days, weeks or months are withheld. */
  withheld: number
}

export type Messages = typeof en

export const en = {
  /** As in `Accept-Language`, `Content-Language` and `<html lang>`. */
  language: 'en',
  format,

  layout: {
    /** The game's name where the host gives none. */
    thisServer: 'This server',
    skip: 'Skip to the content',
    stats: 'Your stats',
    faq: 'FAQ',
    operator: 'Operator',
    settings: 'Settings',
    signOut: 'Sign out',
    feedback: 'Ask for something, or tell what is wrong',
  },

  forms: {
    error: 'Error',
    problem: 'There is a problem',
    privateKeyHint: (keyPrefix: string) => `It begins with ${keyPrefix}_prv_`,
    nameMissing: 'Give your client a name.',
    nameOdd: 'The name must be one line of 60 characters or fewer, without control or invisible characters.',
    urlOdd: 'The web address must begin with http:// or https:// and be 200 characters or fewer.',
    contactOdd: 'The contact must be one line of 200 characters or fewer, without control or invisible characters.',
    privateKeyTyped:
      'This is a private key. It is a secret and does not belong here: the operator reads what you enter.',
    privateKeyMissing: 'Enter your private key.',
    privateKeyWrong: 'This is not the private key of a client of this server.',
  },

  /** The keys to take away, and the call that the public one goes into. */
  take: {
    publicKey: 'Public key',
    privateKey: 'Private key',
    copy: 'Copy',
    copied: 'Copied',
    copyByHand: 'Press Ctrl+C',
    command: 'Command',
    send: 'Send this public key with every call that creates a session:',
  },

  home: {
    title: 'API keys',
    lead: 'An API key tells this server which program is playing. It is public, free, and takes a minute.',
    getTitle: 'Get a key',
    name: 'Name of your client',
    url: 'Web address',
    urlHint: 'Optional. Where people find it.',
    contact: 'E-mail or other contact',
    contactHint: 'Optional. Only this server’s operator sees it.',
    register: 'Get my key',
    signedIn: 'You are signed in.',
    script: (href: string) =>
      rich`Only a script, and no interest in stats? Send ${code('anonymous')} as the key. ${link(href, 'What that means')}`,
  },

  registered: {
    tab: 'Your API key',
    title: 'Your key is ready',
    lead: (name: string) => rich`${bdi(name)} now has a key pair. Save both before you leave this page.`,
    publicKeyHint: 'Goes into your program. Everybody may see it.',
    privateKeyHint: rich`${strong('Shown only this once:')} this server keeps no copy that it could read. It opens your stats, so it belongs to you and not into the program.`,
    save: 'Save both as a file',
    file: (name: string, game: string, publicKey: string, privateKey: string) =>
      `API key of ${name}, for ${game}\n\nPublic key\n${publicKey}\n\nPrivate key\n${privateKey}\n`,
    tryTitle: 'Try it',
    try: 'Send the public key with every call that creates a session. From a terminal, with a player’s name and password in place:',
    lookTitle: 'Then look',
    signedIn: (href: string) => rich`You are signed in for 12 hours. ${link(href, 'See your stats')}`,
    notSignedIn: (href: string) => rich`The private key opens ${link(href, 'your stats')}.`,
  },

  signIn: {
    tab: 'Sign in',
    title: 'See your stats',
    button: 'Show my stats',
    lead: 'Sign in with the private key that you got together with your public key.',
    lost: (home: string, lost: string) =>
      rich`No key yet? ${link(home, 'Get one')}. Lost the private key? ${link(lost, 'What to do')}`,
  },

  stats: {
    summary: (count: number, change: Change, percent: string) => {
      const changes = {
        none: 'none in the 30 before',
        same: 'about as many as in the 30 before',
        more: `${percent} more than in the 30 before`,
        fewer: `${percent} fewer than in the 30 before`,
      }
      return sentence(`${sessions(count)} in the past 30 days, ${changes[change]}.`)
    },
    summaryOfOld: (allSessions: number) =>
      sentence(`${sessions(0)} in the past 30 days; ${sessions(allSessions)} in all.`),
    mostUsed: (feature: string) => rich` Most used: ${code(feature)}.`,
    newlyUsed: (features: readonly string[]) => [' Newly used: ', ...listed(features), '.'],
    numbersTitle: 'Numbers',
    past30Days: 'Past 30 days',
    allTime: 'All time',
    utcDays: (days: string) => `${days}, UTC`,
    sessions: 'Sessions',
    calls: 'Calls',
    players: 'Distinct players',
    share: 'Share',
    errors: 'Errors',
    withheld: 'withheld',
    withholding: (players: number) =>
      `Numbers that fewer than ${players} players share are withheld, and so is what they could be worked out from.`,
    daysHint: 'Days begin at 00:00 UTC.',
    playersHint: 'Distinct players are an estimate; ± is its error, 19 times in 20.',
    files: (csv: string, json: string, publicKey: string) =>
      rich`The same as ${link(csv, 'CSV')} or ${link(json, 'JSON')} · public key ${code(publicKey)}`,
    ranges: { '7': '7 days', '30': '30 days', '90': '90 days', '365': '1 year', all: 'All' },
    rangesTitle: 'Range',
    over: { day: 'Sessions a day', week: 'Sessions a week', month: 'Sessions a month' },
    units: { day: 'Day', week: 'Week', month: 'Month' },
    described: ({ days, most, withheld }: Described) =>
      `${days}, UTC.${most ? ` Most: ${sessions(most.sessions)}, ${most.when}.` : ''}${withheld > 0 ? ` Withheld: ${format.count(withheld)}.` : ''}`,
    tip: (days: string, count?: number) => `${days}: ${count === undefined ? 'withheld' : sessions(count)}`,
    legend: 'The dashed end is not over yet.',
    legendOfGaps: 'Grey is withheld.',
    nothingDrawn: 'No sessions in this range. Choose a longer one.',
    allWithheld: 'Too few players at a time: nothing of this range may be drawn.',
    asTable: 'As a table',
    sessionsTitle: 'Sessions by method',
    featuresTitle: 'Features',
    trend: 'Trend',
    trends: { more: 'more than before', same: 'about as before', fewer: 'fewer than before', new: 'new' },
    trendHint: 'The trend compares calls with the 30 days before; → is less than 10\u00a0% either way.',
    rest: (count: number) => `${format.count(count)} more`,
    metricsTitle: 'The game’s own numbers',
    unknown:
      '(unknown): calls of what is no feature of this server: it is not declared, and it was never answered well.',
    other: '(other): what was too rare to be listed by name on a day with very many names.',
    retired: (day: string) =>
      rich`${strong('This client is retired')} since ${day}, UTC. Logins with its public key are refused; its numbers stay.`,
    none: 'No numbers yet: no call has come with this key.',
    makeOne: 'Make one from a terminal, with a player’s name and password in place, and open this page again.',
    publicKey: (publicKey: string) => rich`Public key: ${code(publicKey)}`,
  },

  faq: {
    title: 'Questions and answers',
    why: 'Why does this server want a key?',
    whyAnswer: rich`Many programs play on this server: web pages, phone apps, bots, things that nobody has told us about. The server could not tell them apart. With a key it knows which programs are in use and what they need, so that work goes into the parts of the API that people play with, and nothing is taken away that a program still depends on.`,
    where: 'Where do I send it?',
    whereAnswer: rich`With every call that creates a session, such as a login or the founding of a new account. The server ties the session to your client, and every later call in that session is counted for it. Those calls stay as they are. After you register, this site shows one such call with your own key in it, ready to paste.`,
    get: 'How do I get one?',
    getAnswer: (home: string) =>
      rich`${link(home, 'Register your client')} with a name. That is all; a web address and a way to reach you are up to you. The key works at once. One key is for one program: give a second client a second key, so that their numbers stay apart.`,
    servers: 'Does the key work on other servers?',
    serversAnswer: (keyPrefix: string) =>
      rich`No. A key belongs to the server that issued it; the keys of this one begin with ${code(`${keyPrefix}_pub_`)}. If your client can play on several servers, register it on each, and let it keep each key beside the address of its server.`,
    security: 'Does it protect anything?',
    securityAnswer: rich`No, it is no security feature. The public key travels inside your program, where anybody can read it and send it as their own. It tells programs apart as long as people are honest about it. It never stands for a player, and it opens no account: passwords and sessions do that, as before.`,
    who: 'Who can see my numbers?',
    whoAnswer: rich`You, and whoever runs this server. That is why there is a second, private key: since everybody can read the public one, it could not keep your numbers to yourself.`,
    pair: 'What is the difference between the two keys?',
    pairAnswer: (keyPrefix: string) =>
      rich`The ${strong('public key')} (${code(`${keyPrefix}_pub_…`)}) names your client: it goes into the program and may be seen by everybody. The ${strong('private key')} (${code(`${keyPrefix}_prv_…`)}) opens your stats: it stays with you and never goes into the program. The names are plain words. This is no asymmetric cryptography, and nothing is encrypted or signed with either.`,
    lost: 'What if I lose the private key?',
    lostAnswer: rich`Nobody can show it to you again: the server keeps only a hash of it. Your client works on, because it needs only the public key. Whoever runs this server can give your client a new private key; its public key and its numbers stay.`,
    program: 'Can a program read my stats?',
    programAnswer: rich`Yes. ${code('stats.json')} and ${code('stats.csv')}, beside the page with your stats, take the private key in the header ${code('Authorization: Bearer …')}. Both hold the past 30 days, the 30 before and all time, and every UTC day; what the page withholds, they withhold. In the CSV, filter the column ${code('period')} before you add up: the periods overlap. Distinct players are an estimate, and those of two days cannot be added, because many are the same people.`,
    more: 'How do I ask for more statistics?',
    moreAnswer: (feedbackUrl?: string) =>
      rich`${feedbackUrl === undefined ? 'Tell whoever runs this server what you would like to know' : link(feedbackUrl, 'Tell us what you would like to know')} about your client. Data about players is never part of it: the server does not keep who they are, only about how many.`,
    anonymous: 'I only write a small script. Do I need to register?',
    anonymousAnswer: rich`No. Send the word ${code('anonymous')} where the key belongs. Everybody who does so shares its numbers, nothing is kept that would tell one script from another, and so its history can never be claimed later. If you think that you may want to see your own numbers one day, register now.`,
  },

  settings,
  mail,
  operator: operatorTexts(format),

  /** Each: what happened, whether anything was lost, and what to do, a sentence or two each. */
  problems: {
    toHome: 'To the first page',
    pageBroken: 'This page could not be made. Nothing was lost by it.',
    notFound: {
      title: 'There is no page at this address',
      detail: ['Check the address for a slip, or start from the first page.'],
    },
    otherSite: {
      title: 'This form came from another site',
      detail: [
        'Nothing was changed. Open the form on this server’s own pages and send it from there.',
        'If you did, a proxy in front of this server hides the server’s name. Tell whoever runs it: the proxy must pass the Host header on.',
      ],
    },
    formOnly: {
      title: 'This address only takes a form',
      detail: ['Nothing was changed. The form is on the first page.'],
    },
    readOnly: { title: 'This address can only be read', detail: ['Nothing was changed. Open it with GET.'] },
    unread: {
      'too-large': {
        title: 'The form is too long',
        detail: ['Nothing was saved. A form may have 16 KiB; shorten what you typed and send it again.'],
      },
      aborted: { title: 'The form did not arrive whole', detail: ['Nothing was saved. Go back and send it again.'] },
      encoding: {
        title: 'The form is packed in a way that this server cannot read',
        detail: ['Nothing was saved. Send it again without a Content-Encoding.'],
      },
      multipart: {
        title: 'The form is of a kind that this server does not read',
        detail: ['Nothing was saved. Send it as application/x-www-form-urlencoded.'],
      },
      consumed: {
        title: 'The server could not read the form',
        detail: ['Nothing was saved, and what you typed is not to blame. Tell whoever runs this server.'],
      },
    },
    tooMany,
    changed: {
      title: 'The client was changed at the same time',
      detail: [
        'Somebody else, or another window of yours, was faster, so what you asked for was not done. No private key was given out.',
        'Look at the client as it is now, and do it again if you still want it. If your private key no longer works, the other one who changed it has the new one.',
      ],
    },
    outage: {
      title: 'The server cannot reach its records right now',
      register:
        'Your client may not be registered yet, and no private key was given out. Send the form again in a minute.',
      'sign-in': 'Nothing was lost, and your private key may well be right. Try it again in a minute.',
      settings:
        'What you asked for may or may not have been done. Open your settings in a minute and look. If they do not open with the private key that you have, whoever runs this server can give your client a new one.',
      stats: 'Nothing was lost: counts wait and will appear. Open this page again in a minute.',
      operator:
        'No count was lost. Open this page again in a minute, and if you changed something, look whether it was done.',
    },
  },
}
