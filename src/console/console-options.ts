import { type Check, checkOptions, type Rules } from '../options.js'

/** How the console looks and where it is. */
export interface ConsoleOptions {
  /** Where the console is, as the host's router sees it. @default '/apikey' */
  prefix?: string
  /** The game's name, on every page. @default 'This server', in the page's language */
  title?: string
  /** Where the name at the top leads. @default the console's first page */
  homeUrl?: string
  /** Where a client developer can ask for something: a web address or `mailto:`. Without it no page offers one. */
  feedbackUrl?: string
  /** The colour of links and buttons, as CSS hex: `#1d5c4f`. Made darker or lighter where it could not be read. */
  accent?: string
  /** The game's picture beside its name. */
  logoUrl?: string
}

/** Checked options, with the defaults in place. */
export interface ConsoleSettings {
  /** Without a slash at its end; empty when the console has the root. */
  prefix: string
  title?: string
  homeUrl?: string
  feedbackUrl?: string
  accent?: string
  logoUrl?: string
}

const isWebOrPath = (value: string) =>
  /^\/(?![/\\])\S*$/.test(value) || (/^https?:\/\/\S+$/i.test(value) && URL.canParse(value))
const webOrPath = "an http or https address, or a path that begins with one '/'"

const rules: Rules = {
  // Nothing that the router would read as a pattern, and no dot segment: a browser resolves those before it asks.
  prefix: string(
    (value) => value === '/' || (/^(\/[\w.~-]+)+$/.test(value) && !/\/\.{1,2}(\/|$)/.test(value)),
    "a path such as '/apikey', of letters, digits and -._~, without a '/' at its end",
  ),
  title: string(
    (value) => value.trim() !== '' && value.length <= 60 && value.isWellFormed() && !/\p{Cc}/u.test(value),
    'the name of the game, 1 to 60 characters',
  ),
  homeUrl: string(isWebOrPath, webOrPath),
  feedbackUrl: string(
    (value) => isWebOrPath(value) || /^mailto:[^\s@]+@[^\s@]+$/.test(value),
    `${webOrPath}, or mailto: and an address`,
  ),
  accent: string((value) => /^#([\da-f]{3}|[\da-f]{6})$/i.test(value), "a CSS hex colour such as '#1d5c4f'"),
  logoUrl: string(isWebOrPath, webOrPath),
}

/**
 * The options with their defaults.
 *
 * @throws ClienteleError `option_invalid` or `option_unknown`
 */
export function checkConsoleOptions(options: ConsoleOptions): ConsoleSettings {
  checkOptions('console()', options, rules)
  const { prefix = '/apikey', ...rest } = options
  return { ...rest, prefix: prefix === '/' ? '' : prefix }
}

function string(isRight: (value: string) => boolean, wanted: string): Check {
  return (value) => (typeof value === 'string' && isRight(value) ? undefined : `must be ${wanted}`)
}
