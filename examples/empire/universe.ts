import { randomUUID } from 'node:crypto'
import { GameError } from './json-rpc.js'
import { hashPassword, isPassword } from './password.js'
import { storedNow } from './production.js'
import { SaveFile } from './save-file.js'
import type { Empire, Planet, Session, State } from './seed.js'
import { empire, firstState, message, planet, RESOURCES, STARS } from './seed.js'

const SESSION_MS = 7_200_000
const BOOST_MS = 7 * 86_400_000
export const BOOST_COST = 5
const ORBITS = 8

export interface UniverseOptions {
  /** Where the universe and its sessions survive a restart. Default: nowhere, they are in memory only. */
  saveFile?: string
  /** Milliseconds since 1970. @default Date.now */
  now?: () => number
}

export function createUniverse(options: UniverseOptions = {}): Universe {
  return new Universe(options)
}

/** The rules: who may do what, and what it changes. What a client sees of it is made in `views.ts`. */
export class Universe {
  readonly now: () => number
  readonly #empires = new Map<string, Empire>()
  readonly #byName = new Map<string, Empire>()
  readonly #planets = new Map<string, Planet>()
  /** In the order in which they end: using a session moves it to the back. */
  readonly #sessions = new Map<string, Session>()
  readonly #file: SaveFile
  #lastId: number

  constructor({ saveFile, now = Date.now }: UniverseOptions) {
    this.now = now
    const state = SaveFile.load(saveFile) ?? firstState(now())
    this.#lastId = state.lastId
    for (const each of state.empires) this.#add(each)
    for (const each of state.planets) this.#planets.set(each.id, each)
    for (const each of state.sessions) this.#sessions.set(each.id, each)
    this.#file = new SaveFile(saveFile, () => this.#state())
  }

  empires(): Empire[] {
    return [...this.#empires.values()]
  }

  planet(id: string): Planet | undefined {
    return this.#planets.get(id)
  }

  ownerOf(planet: Planet): Empire | undefined {
    return this.#empires.get(planet.empireId)
  }

  /** Every answer with a status counts. The limit that the status names is not enforced: bots are welcome here. */
  countCall(caller: Empire): void {
    caller.rpcCount++
    this.#file.saveSoon()
  }

  authenticate(name: string, password: string): Empire {
    const found = this.#byName.get(name.toLowerCase())
    if (!found) throw new GameError(1002, 'Empire does not exist.', name)
    if (!isPassword(password, found.password)) throw new GameError(1004, 'Password incorrect.')
    if (!found.homePlanetId) throw new GameError(1010, 'This empire has not been founded.', { empire_id: found.id })
    return found
  }

  startSession(owner: Empire): string {
    for (const session of this.#sessions.values()) {
      if (session.expiresAtMs > this.now()) break
      this.#sessions.delete(session.id)
    }
    const id = randomUUID()
    this.#sessions.set(id, { id, empireId: owner.id, expiresAtMs: this.now() + SESSION_MS })
    this.#file.saveNow()
    return id
  }

  /** The session's empire; the session lives on from now. */
  continueSession(sessionId: unknown): Empire {
    const session = typeof sessionId === 'string' ? this.#sessions.get(sessionId) : undefined
    const owner = session && this.#empires.get(session.empireId)
    if (!owner || session.expiresAtMs <= this.now()) throw new GameError(1006, 'Session expired.', sessionId ?? null)
    session.expiresAtMs = this.now() + SESSION_MS
    this.#sessions.delete(session.id)
    this.#sessions.set(session.id, session)
    this.#file.saveSoon()
    return owner
  }

  endSession(sessionId: unknown): void {
    this.continueSession(sessionId)
    this.#sessions.delete(String(sessionId))
    this.#file.saveNow()
  }

  checkName(name: string): void {
    const isWellFormed = /^\S[^<>&@;{}]{1,28}\S$/.test(name)
    const isFree = isWellFormed && !this.#byName.has(name.toLowerCase())
    if (!isFree) throw new GameError(1000, 'Empire name not available.', 'name')
  }

  /** An empire that has no planet yet: `found` gives it one. */
  create(name: string, password: string): Empire {
    this.checkName(name)
    checkPassword(password)
    const created = empire(this.#nextId(), name, password)
    this.#add(created)
    this.#file.saveNow()
    return created
  }

  found(empireId: string): { founded: Empire; welcomeMessageId: number } {
    const founded = this.#empires.get(empireId)
    if (!founded) throw new GameError(1002, 'Invalid empire.', empireId)
    if (founded.homePlanetId && !founded.demo) {
      throw new GameError(1010, 'This empire cannot be founded again.', empireId)
    }
    if (!founded.homePlanetId) this.#settle(founded)
    return { founded, welcomeMessageId: founded.messages[0]?.id ?? 0 }
  }

  resetPassword(resetKey: string, password: string): Empire {
    const owner = resetKey ? this.empires().find((each) => each.resetKey === resetKey) : undefined
    if (!owner) throw new GameError(1002, 'Reset key invalid.', resetKey)
    checkPassword(password)
    if (owner.demo) return owner
    owner.password = hashPassword(password)
    delete owner.resetKey
    for (const { id, empireId } of this.#sessions.values()) if (empireId === owner.id) this.#sessions.delete(id)
    this.#file.saveNow()
    return owner
  }

  /** A quarter more of a resource for a week. Gives the boost's end in milliseconds since 1970. */
  boost(owner: Empire, name: string): number {
    const resource = RESOURCES.find((each) => each === name)
    if (!resource) throw new GameError(1009, 'There is no such resource.', name)
    if (owner.essentia < BOOST_COST) throw new GameError(1011, 'Not enough essentia.')
    // What grew so far grew without this boost.
    this.#storeWhatGrew(owner)
    const untilMs = Math.max(owner.boostedUntilMs[resource] ?? 0, this.now()) + BOOST_MS
    owner.essentia -= BOOST_COST
    owner.boostedUntilMs[resource] = untilMs
    this.#file.saveNow()
    return untilMs
  }

  /** Saves what is waiting. */
  close(): void {
    this.#file.close()
  }

  #storeWhatGrew(owner: Empire): void {
    const home = this.#planets.get(owner.homePlanetId)
    if (!home) return
    const nowMs = this.now()
    for (const resource of RESOURCES) home.stored[resource] = storedNow(home, owner, resource, nowMs)
    home.storedAtMs = nowMs
  }

  /** Round the stars, orbit by orbit. Planets may come to share an orbit: there is always room for one more. */
  #settle(founder: Empire): void {
    const place = this.#planets.size
    const star = STARS[place % STARS.length] as (typeof STARS)[number]
    const orbit = (Math.floor(place / STARS.length) % ORBITS) + 1
    const id = this.#nextId()
    const name = `${star.name} ${orbit}`
    const spot = { id, name, empireId: founder.id, starId: star.id, orbit, buildingId: this.#nextId(), level: 1 }
    this.#planets.set(id, planet(spot, this.now()))
    founder.homePlanetId = id
    founder.messages.push(message(Number(this.#nextId()), 'Welcome', 'A planet of your own.', this.now()))
    this.#file.saveNow()
  }

  #add(added: Empire): void {
    this.#empires.set(added.id, added)
    this.#byName.set(added.name.toLowerCase(), added)
  }

  #nextId(): string {
    this.#lastId++
    return String(this.#lastId)
  }

  #state(): State {
    const [empires, planets] = [this.empires(), [...this.#planets.values()]]
    return { version: 1, lastId: this.#lastId, empires, planets, sessions: [...this.#sessions.values()] }
  }
}

function checkPassword(password: string): void {
  if (password.length < 6) throw new GameError(1001, 'Invalid password.', 'password')
}
