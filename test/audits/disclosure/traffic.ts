// A year and more of made-up traffic in which it is known who did what, so that it is known which numbers few players share.

import { dice } from '../../../examples/empire/demo-clients.js'
import type { ClientDetails } from '../../../src/index.js'
import { dayAt, type Visit, type World } from './world.js'

interface Program {
  publicKey: string
  details?: ClientDetails
  players: number
  /** By feature: how many of its players ever use it, in the past 30 days, in the 30 before, and earlier. */
  uses: Record<string, [recent: number, before: number, earlier: number]>
  /** Players who come by another method than `empire.login`. */
  methods: Record<string, [recent: number, before: number, earlier: number]>
  metrics: Record<string, [recent: number, before: number, earlier: number]>
  /** So many players come on this day; by days ago. */
  days: Record<number, number>
  /** Of one feature at a time. */
  maxCalls: number
}

/** Ends of the periods, of weeks and of months, and before the 13 months of which days are listed. */
const programs: Program[] = [
  {
    publicKey: 'web',
    details: { name: 'Web client', official: true },
    players: 12,
    uses: {
      'map.view': [12, 12, 12],
      'map.move': [12, 10, 12],
      'body.view': [11, 9, 10],
      'trade.push': [7, 6, 12],
      'map.rare': [2, 0, 3],
      'map.secret': [0, 1, 0],
      'body.odd': [4, 9, 1],
      '(unknown)': [12, 3, 12],
    },
    methods: { 'empire.found': [1, 6, 3], 'empire.reset_password': [3, 0, 8] },
    metrics: { gems: [12, 12, 12], essentia: [2, 9, 9] },
    days: {
      ...{ 0: 8, 1: 2, 2: 9, 3: 11, 7: 1, 8: 10, 14: 12, 21: 7, 29: 6, 30: 9, 31: 3, 40: 12, 45: 11, 59: 8 },
      ...{ 60: 10, 61: 4, 75: 12, 100: 2, 101: 12, 180: 9, 300: 11, 420: 12, 430: 9, 465: 3, 500: 11 },
    },
    maxCalls: 9,
  },
  {
    publicKey: 'bot',
    details: { name: 'Harvester', contact: 'me@example.org' },
    players: 9,
    uses: { 'body.harvest': [9, 9, 9], 'map.view': [9, 8, 0], 'map.rare': [1, 2, 0], 'body.view': [6, 0, 7] },
    methods: {},
    metrics: {},
    days: { 0: 9, 4: 4, 5: 8, 6: 7, 28: 9, 35: 9, 50: 1, 58: 7, 90: 9, 91: 3, 120: 7 },
    maxCalls: 60,
  },
  {
    publicKey: 'iOS',
    players: 8,
    uses: { 'map.view': [8, 8, 8], 'body.view': [7, 8, 2], 'map.rare': [3, 1, 1], '(unknown)': [1, 1, 5] },
    methods: { 'empire.found': [2, 2, 0] },
    metrics: { gems: [1, 1, 1] },
    days: { 1: 7, 2: 8, 9: 3, 33: 8, 44: 6, 47: 2, 70: 8, 71: 2, 440: 8, 441: 6 },
    maxCalls: 6,
  },
  {
    publicKey: 'anonymous',
    players: 7,
    uses: { 'map.view': [7, 7, 0], 'body.view': [7, 6, 0], 'trade.push': [2, 0, 0] },
    methods: {},
    metrics: {},
    days: { 3: 7, 10: 6, 11: 1, 39: 7, 52: 6 },
    maxCalls: 5,
  },
  {
    publicKey: 'tiny',
    details: { name: 'Only a few' },
    players: 3,
    uses: { 'map.view': [3, 2, 3], 'body.view': [1, 1, 0] },
    methods: {},
    metrics: { gems: [2, 2, 2] },
    days: { 1: 3, 12: 2, 36: 2, 80: 3 },
    maxCalls: 4,
  },
  {
    publicKey: 'gone',
    details: { name: 'Gone with the wind' },
    players: 6,
    uses: { 'map.view': [0, 6, 6], 'body.view': [0, 5, 6], 'map.rare': [0, 2, 0] },
    methods: {},
    metrics: {},
    days: { 41: 6, 42: 5, 95: 6 },
    maxCalls: 4,
  },
]

const bandOf = (daysAgo: number) => (daysAgo < 30 ? 0 : daysAgo < 60 ? 1 : 2)

function visitsOf(program: Program, at: number): Visit[] {
  const { publicKey, uses, methods, metrics, players } = program
  return Object.entries(program.days).flatMap(([name, count]) => {
    const daysAgo = Number(name)
    const band = bandOf(daysAgo)
    const roll = dice(daysAgo * 10 + at)
    // On a day of few others come than on the next one.
    return Array.from({ length: count }, (_, index): Visit => {
      const player = (index + (count < 5 ? daysAgo : 0)) % players
      const isOf = (most: number) => player < most
      const method = Object.keys(methods).find((one) => isOf(methods[one]?.[band] ?? 0) && roll() < 0.5)
      const calls = Object.entries(uses).flatMap(([feature, most]): [string, [number, number]][] => {
        if (!isOf(most[band]) || roll() < 0.15) return []
        const made = 1 + Math.floor(roll() * program.maxCalls)
        const failed = feature === '(unknown)' ? made : Math.floor(roll() * made * 0.5)
        return [[feature, [made - failed, failed]]]
      })
      const amounts = Object.entries(metrics).filter(([, most]) => isOf(most[band]))
      return {
        ...{ client: publicKey, player: `${publicKey} ${player}`, daysAgo, wrong: roll() < 0.4 ? 1 : 0 },
        ...(method !== undefined && { method }),
        calls: Object.fromEntries(calls),
        metrics: Object.fromEntries(amounts.map(([metric]) => [metric, 0.5 + Math.floor(roll() * 9)])),
      }
    })
  })
}

export const traffic: World = {
  clients: {
    ...Object.fromEntries(programs.map(({ publicKey, details }) => [publicKey, details])),
    quiet: { name: 'Never played' },
  },
  visits: programs.flatMap(visitsOf),
  refused: [{ daysAgo: 3 }, { daysAgo: 2 }, { daysAgo: 45 }, { daysAgo: 1, publicKey: '' }, { daysAgo: 400 }],
  strangers: [2, 2, 5, 33, 90],
  retired: ['gone'],
}

/** The public key of calls that came without a session. */
export const strangers = '(none)'

/** What is counted of a visit under a feature. */
export interface Cell {
  client: string
  player: string
  daysAgo: number
  feature: string
  sessions: number
  ok: number
  errors: number
}

/** Who did what on which day, one feature of one visit at a time. */
export function cellsOf({ visits, strangers: days = [] }: World): Cell[] {
  const cells = visits.flatMap(
    ({ client, player, daysAgo, method = 'empire.login', wrong = 0, calls, metrics = {} }) => {
      const cell = { client, player, daysAgo }
      const spent = Object.keys(metrics).length
      return [
        { ...cell, feature: method, sessions: 1, ok: 1, errors: 0 },
        ...(wrong > 0 ? [{ ...cell, feature: 'empire.login', sessions: 0, ok: 0, errors: wrong }] : []),
        ...Object.entries(calls).map(([feature, [ok, errors]]) => ({ ...cell, feature, sessions: 0, ok, errors })),
        ...(spent > 0 ? [{ ...cell, feature: 'shop.spend', sessions: 0, ok: spent, errors: 0 }] : []),
      ]
    },
  )
  const asked = days.map((daysAgo, at) => {
    const cell = { client: strangers, player: `stranger ${at}`, daysAgo, feature: 'empire.is_name_available' }
    return { ...cell, sessions: 0, ok: 1, errors: 0 }
  })
  return [...cells, ...asked]
}

export const dayOfCell = ({ daysAgo }: Cell) => dayAt(daysAgo)
