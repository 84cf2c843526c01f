type Colour = readonly [red: number, green: number, blue: number]

/** The page's colours in templates/console.css; a test compares them. */
export const papers = { light: '#ffffff', dark: '#15181b' } as const
const inks = { light: '#1b1f23', dark: '#eceef0' } as const
/** WCAG AA for text. */
const minContrast = 4.5

/**
 * A host's accent as the end of the stylesheet. It is darkened or lightened as far as it must be to be read on either
 * paper: a host picks a colour once, for a logo, and does not try it in the dark.
 */
export function accentCss(accent: string): string {
  const light = readableOn(papers.light, accent)
  const dark = readableOn(papers.dark, accent)
  return (
    `:root{--accent:${light};--on-accent:${textOn(light)}}` +
    `@media screen and (prefers-color-scheme:dark){:root{--accent:${dark};--on-accent:${textOn(dark)}}}\n`
  )
}

/** The same hue, moved towards black or white until it stands out from the paper. */
export function readableOn(paper: string, accent: string): string {
  const from = parseColour(accent)
  const target: Colour = luminance(parseColour(paper)) > 0.5 ? [0, 0, 0] : [255, 255, 255]
  for (let step = 0; step <= 20; step++) {
    const mixed = from.map((part, at) => Math.round(part + ((target[at] ?? 0) - part) * (step / 20)))
    const colour = `#${mixed.map((part) => part.toString(16).padStart(2, '0')).join('')}`
    if (contrast(colour, paper) >= minContrast) return colour
  }
  return paper === papers.light ? inks.light : inks.dark
}

/** WCAG contrast of two hex colours, 1 to 21. */
export function contrast(one: string, another: string): number {
  const [darker, lighter] = [luminance(parseColour(one)), luminance(parseColour(another))].sort((a, b) => a - b) as [
    number,
    number,
  ]
  return (lighter + 0.05) / (darker + 0.05)
}

function textOn(background: string): string {
  return contrast(background, '#ffffff') >= contrast(background, papers.dark) ? '#ffffff' : papers.dark
}

/** `#1d5c4f` or `#1d5`. */
function parseColour(hex: string): Colour {
  const digits = hex.length === 4 ? hex.slice(1).replace(/./g, '$&$&') : hex.slice(1)
  const value = Number.parseInt(digits, 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}

function luminance(colour: Colour): number {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
