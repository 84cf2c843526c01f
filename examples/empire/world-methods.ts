import { type Methods, player, status } from './caller.js'
import { GameError } from './json-rpc.js'
import { type Params, textParam } from './params.js'
import { type Empire, type Planet, STARS } from './seed.js'
import type { Universe } from './universe.js'
import * as views from './views.js'

/** What there is to see beyond one's own empire: planets, stars, messages, the others. */
export const WORLD_METHODS: Methods = {
  'body.get_status': {
    params: ['session_id', 'body_id'],
    run: (universe, params) => {
      const caller = player(universe, params)
      const { planet, owner } = planetAndOwner(universe, params)
      if (owner === caller) return status(universe, caller, planet)
      return { ...status(universe, caller), body: views.publicPlanetView(planet, owner, caller) }
    },
  },
  'body.get_buildings': {
    params: ['session_id', 'body_id'],
    run: (universe, params) => {
      const caller = player(universe, params)
      const { planet, owner } = planetAndOwner(universe, params)
      if (owner !== caller) throw new GameError(1010, 'That planet is not yours.', planet.id)
      const body = { surface_image: 'surface-p35' }
      return { buildings: views.buildingsView(planet), body, status: status(universe, caller, planet) }
    },
  },
  'planetarycommand.view': {
    params: ['session_id', 'building_id'],
    run: (universe, params) => {
      const caller = player(universe, params)
      const home = universe.planet(caller.homePlanetId)
      const buildingId = textParam(params, 'building_id')
      if (home?.buildingId !== buildingId) throw new GameError(1002, 'Building does not exist.', buildingId)
      return { ...views.commandView(home, caller, universe.now()), status: status(universe, caller, home) }
    },
  },
  'map.get_star': {
    params: ['session_id', 'star_id'],
    run: (universe, params) => starAnswer(universe, params, textParam(params, 'star_id')),
  },
  'map.get_star_by_name': {
    params: ['session_id', 'name'],
    run: (universe, params) => starAnswer(universe, params, textParam(params, 'name')),
  },
  'map.get_star_map': {
    params: ['session_id', 'left', 'top', 'right', 'bottom'],
    run: (universe, params) => {
      const caller = player(universe, params)
      const [left, top, right, bottom] = ['left', 'top', 'right', 'bottom'].map((edge) => numberParam(params, edge))
      const stars = STARS.filter(({ x, y }) => isBetween(x, left, right) && isBetween(y, bottom, top))
      return { stars: stars.map(views.starView), status: status(universe, caller) }
    },
  },
  'inbox.view_inbox': {
    params: ['session_id', 'options'],
    run: (universe, params) => {
      const caller = player(universe, params)
      return { ...views.inboxView(caller, pageParam(params)), status: status(universe, caller) }
    },
  },
  'stats.credits': { params: [], run: () => [{ 'Game Design': ['JT Smith', 'Jamie Vrbsky'] }] },
  'stats.empire_rank': {
    params: ['session_id', 'options'],
    run: (universe, params) => {
      const caller = player(universe, params)
      return { ...views.rankView(universe.empires(), pageParam(params)), status: status(universe, caller) }
    },
  },
}

function planetAndOwner(universe: Universe, params: Params): { planet: Planet; owner: Empire } {
  const id = textParam(params, 'body_id')
  const planet = universe.planet(id)
  const owner = planet && universe.ownerOf(planet)
  if (!owner) throw new GameError(1002, 'Body does not exist.', id)
  return { planet, owner }
}

function starAnswer(universe: Universe, params: Params, wanted: string) {
  const caller = player(universe, params)
  const star = STARS.find(({ id, name }) => String(id) === wanted || name.toLowerCase() === wanted.toLowerCase())
  if (!star) throw new GameError(1002, 'Star does not exist.', wanted)
  return { star: views.starView(star), status: status(universe, caller) }
}

function numberParam(params: Params, name: string): number {
  const number = Number.parseFloat(textParam(params, name))
  if (Number.isNaN(number)) throw new GameError(1009, 'A number is missing.', name)
  return number
}

function pageParam(params: Params): number {
  return Math.max(1, Math.floor(Number(textParam(params, 'page_number'))) || 1)
}

function isBetween(value: number, oneEnd = 0, otherEnd = 0): boolean {
  return value >= Math.min(oneEnd, otherEnd) && value <= Math.max(oneEnd, otherEnd)
}
