import { hashPassword, type PasswordHash } from './password.js'

export const RESOURCES = ['food', 'ore', 'energy', 'water'] as const
export type Resource = (typeof RESOURCES)[number]

export interface Star {
  id: number
  name: string
  color: string
  x: number
  y: number
}

export interface Message {
  id: number
  from: string
  fromId: number
  subject: string
  text: string
  sentAtMs: number
}

export interface Empire {
  id: string
  name: string
  password: PasswordHash
  /**
   * Its password is public, so that anyone can try a client on it. It may be founded again and again, and a reset key
   * opens it without changing the password: one visitor must not lock out the next.
   */
  demo: boolean
  /** Works once, the demo empire's always. This game sends no mail: there are only those it starts with. */
  resetKey?: string
  /** Empty until the empire is founded. */
  homePlanetId: string
  statusMessage: string
  essentia: number
  rpcCount: number
  techLevel: number
  messages: Message[]
  /** Milliseconds since 1970; a boost that is over stays here. */
  boostedUntilMs: Partial<Record<Resource, number>>
}

export interface Planet {
  id: string
  name: string
  empireId: string
  starId: number
  orbit: number
  /** The one building: the Planetary Command Center. */
  buildingId: string
  level: number
  /** As of `storedAtMs`; what grew since then is calculated. */
  stored: Record<Resource, number>
  storedAtMs: number
}

export interface Session {
  id: string
  empireId: string
  expiresAtMs: number
}

export interface State {
  version: 1
  lastId: number
  empires: Empire[]
  planets: Planet[]
  sessions: Session[]
}

export const MAP_EDGE = 15

/** Stars never change, so they are not saved. Those after the first lie outside of what real clients were recorded asking. */
export const STARS: readonly Star[] = [
  { id: 12, name: 'Sol', color: 'yellow', x: 1, y: 1 },
  { id: 13, name: 'Alpha Lyncis', color: 'red', x: -5, y: 4 },
  { id: 14, name: 'Vindemiatrix', color: 'yellow', x: 6, y: -2 },
  { id: 15, name: 'Achird', color: 'white', x: -8, y: -7 },
  { id: 16, name: 'Tau Sagittae', color: 'blue', x: 9, y: 10 },
  { id: 17, name: 'Okab', color: 'magenta', x: 0, y: -11 },
  { id: 18, name: 'Rana', color: 'green', x: -12, y: 13 },
  { id: 19, name: 'Zaniah', color: 'white', x: 14, y: -14 },
]

export function firstState(nowMs: number): State {
  const stub = empire('42', 'Stub Empire', 'secret', { demo: true, resetKey: 'rk', essentia: 101.5, techLevel: 20 })
  stub.homePlanetId = '108'
  stub.statusMessage = 'hi'
  stub.messages.push(message(7, 'Alert', 'Someone has been looking at Earth.', nowMs))
  const second = empire('43', 'Second Empire', 'secret2', { demo: false, resetKey: 'rk2', essentia: 20, techLevel: 5 })
  second.homePlanetId = '208'
  second.messages.push(message(8, 'Welcome', 'A planet of your own.', nowMs))
  return {
    version: 1,
    lastId: 1_000,
    empires: [stub, second],
    planets: [
      planet({ id: '108', name: 'Earth', empireId: '42', starId: 12, orbit: 3, buildingId: '900', level: 5 }, nowMs),
      planet({ id: '208', name: 'Lynx', empireId: '43', starId: 13, orbit: 2, buildingId: '910', level: 1 }, nowMs),
    ],
    sessions: [],
  }
}

export function empire(
  id: string,
  name: string,
  password: string,
  start: Pick<Empire, 'demo' | 'resetKey' | 'essentia' | 'techLevel'> = { demo: false, essentia: 10, techLevel: 1 },
): Empire {
  return {
    id,
    name,
    password: hashPassword(password),
    ...start,
    homePlanetId: '',
    statusMessage: 'Just arrived.',
    rpcCount: 0,
    messages: [],
    boostedUntilMs: {},
  }
}

export function planet(place: Omit<Planet, 'stored' | 'storedAtMs'>, nowMs: number): Planet {
  return { ...place, stored: { food: 700, ore: 700, energy: 700, water: 700 }, storedAtMs: nowMs }
}

export function message(id: number, subject: string, text: string, sentAtMs: number): Message {
  return { id, from: 'Mission Control', fromId: 1, subject, text, sentAtMs }
}
