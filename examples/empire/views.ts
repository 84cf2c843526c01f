/** What a client sees, member for member as the original wrote it: ids are strings here and numbers there, flags 0 and 1. */
import { capacity, perHour, storedNow } from './production.js'
import { type Empire, MAP_EDGE, type Message, type Planet, RESOURCES, STARS, type Star } from './seed.js'

const ORES =
  'anthracite bauxite beryl chalcopyrite chromite fluorite galena goethite gold gypsum halite kerogen magnetite methane monazite rutile sulfur trona uraninite zircon'
const ORE_DEPOSITS = Object.fromEntries(ORES.split(' ').map((ore) => [ore, 500]))
const PAGE = 25

/** `23 11 2026 12:32:25 +0000` */
export function dateText(ms: number): string {
  const iso = new Date(ms).toISOString()
  return `${iso.slice(8, 10)} ${iso.slice(5, 7)} ${iso.slice(0, 4)} ${iso.slice(11, 19)} +0000`
}

export function serverView(nowMs: number) {
  const edges = [-MAP_EDGE, MAP_EDGE]
  return {
    time: dateText(nowMs),
    version: 3.0916,
    announcement: 0,
    rpc_limit: 2500,
    star_map_size: { x: edges, y: edges },
  }
}

export function empireView(empire: Empire, home: Planet | undefined) {
  const planets = home ? { [home.id]: home.name } : {}
  return {
    id: empire.id,
    rpc_count: empire.rpcCount,
    is_isolationist: 0,
    name: empire.name,
    status_message: empire.statusMessage,
    home_planet_id: empire.homePlanetId,
    has_new_messages: empire.messages.length,
    latest_message_id: empire.messages.at(-1)?.id ?? 0,
    essentia: empire.essentia,
    planets,
    colonies: planets,
    stations: {},
    bodies: {},
    tech_level: empire.techLevel,
    self_destruct_active: 0,
    self_destruct_date: '',
    next_colony_cost: 0,
    insurrect_value: 0,
  }
}

/** Nobody can edit a profile in this game, but clients read each of these members and one that is absent stops them. */
export function profileView(empire: Empire) {
  return {
    description: '',
    notes: '',
    status_message: empire.statusMessage,
    sitter_password: '',
    email: `empire${empire.id}@example.com`,
    city: '',
    country: '',
    skype: '',
    player_name: '',
    medals: {},
    ...NOTHING_SKIPPED,
  }
}

const NOTHING_SKIPPED = {
  skip_happiness_warnings: 0,
  skip_resource_warnings: 0,
  skip_pollution_warnings: 0,
  skip_medal_messages: 0,
  skip_facebook_wall_posts: 0,
  skip_found_nothing: 0,
  skip_excavator_resources: 0,
  skip_excavator_glyph: 0,
  skip_excavator_plan: 0,
  skip_spy_recovery: 0,
  skip_probe_detected: 0,
  skip_attack_messages: 0,
  skip_incoming_ships: 0,
  dont_replace_excavator: 0,
}

/** What anyone may know of a planet. */
export function publicPlanetView(planet: Planet, owner: Empire, viewer: Empire) {
  const star = STARS.find(({ id }) => id === planet.starId)
  return {
    id: planet.id,
    x: star?.x ?? 0,
    y: star?.y ?? 0,
    star_id: planet.starId,
    star_name: star?.name ?? '',
    orbit: planet.orbit,
    type: 'habitable planet',
    name: planet.name,
    image: `p35-${planet.orbit}`,
    size: 45,
    water: 5000,
    ore: ORE_DEPOSITS,
    empire: {
      id: owner.id,
      name: owner.name,
      alignment: owner === viewer ? 'self' : 'hostile',
      is_isolationist: 0,
    },
  }
}

/** What its owner sees on top. */
export function planetView(planet: Planet, owner: Empire, nowMs: number) {
  const amounts: Record<string, number> = {}
  for (const resource of RESOURCES) {
    amounts[`${resource}_stored`] = storedNow(planet, owner, resource, nowMs)
    amounts[`${resource}_capacity`] = capacity(planet)
    amounts[`${resource}_hour`] = perHour(planet, owner, resource, nowMs)
  }
  return {
    ...publicPlanetView(planet, owner, owner),
    needs_surface_refresh: 0,
    building_count: 1,
    plots_available: 60,
    happiness: 10,
    happiness_hour: 1,
    ...amounts,
    waste_hour: 1,
    waste_stored: 1,
    waste_capacity: capacity(planet),
  }
}

/** A star's bodies show where one has a probe, and there are no probes in this game. */
export function starView({ id, name, color, x, y }: Star) {
  return { id, name, color, x, y, zone: `${Math.trunc(x / 5)}|${Math.trunc(y / 5)}`, bodies: [] }
}

const COMMAND = { name: 'Planetary Command Center', x: 0, y: 0, url: '/planetarycommand', efficiency: 100 }

export function buildingsView({ buildingId, level }: Planet) {
  return { [buildingId]: { ...COMMAND, level, image: `command${level}` } }
}

export function commandView(planet: Planet, owner: Empire, nowMs: number) {
  return {
    building: {
      id: planet.buildingId,
      ...COMMAND,
      level: planet.level,
      food_hour: perHour(planet, owner, 'food', nowMs),
      upgrade: {
        can: 0,
        reason: [1009, 'There is nothing to upgrade in this game.'],
        cost: {},
        production: {},
        image: '',
      },
      downgrade: { can: 0, reason: '', image: '' },
      repair_costs: {},
    },
    next_colony_cost: 1,
    cost: {},
    ore: {},
    food: {},
    planet: {},
  }
}

export function inboxView(empire: Empire, page: number) {
  const newestFirst = [...empire.messages].reverse()
  const shown = newestFirst.slice((page - 1) * PAGE, page * PAGE)
  return { messages: shown.map((each) => messageView(each, empire)), message_count: empire.messages.length }
}

function messageView(message: Message, receiver: Empire) {
  return {
    id: message.id,
    from: message.from,
    from_id: message.fromId,
    to: receiver.name,
    to_id: Number(receiver.id),
    subject: message.subject,
    date: dateText(message.sentAtMs),
    has_read: 0,
    has_replied: 0,
    body_preview: message.text,
    tags: ['Alert'],
  }
}

export function rankView(empires: readonly Empire[], page: number) {
  const settled = empires.filter(({ homePlanetId }) => homePlanetId !== '')
  const ranked = settled.sort((a, b) => b.techLevel - a.techLevel || a.name.localeCompare(b.name))
  const shown = ranked.slice((page - 1) * PAGE, page * PAGE)
  return {
    empires: shown.map(({ id, name, techLevel }) => ({
      empire_id: id,
      empire_name: name,
      colony_count: 1,
      tech_level: techLevel,
    })),
    total_empires: settled.length,
    page_number: page,
  }
}
