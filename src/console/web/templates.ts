import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import pug from 'pug'
import { ClienteleError } from '../../errors.js'

/** The pages, by the name of their template. */
export const views = [
  'home',
  'registered',
  'sign-in',
  'stats',
  'no-numbers',
  'faq',
  'problem',
  'settings',
  'private-key',
  'removed',
  'operator',
  'operator-client',
  'operator-features',
  'operator-store',
  'operator-private-key',
] as const
export type View = (typeof views)[number]
export type Render = (view: View, model: object) => string

// The same folder from src/console and, because the build copies it to dist/templates, from dist/src/console.
const ourFolder = new URL('../../../templates/', import.meta.url)

export interface Templates {
  render: Render
  /** A file that is served as it is. */
  readAsset(name: 'console.css' | 'console.js'): string
}

/**
 * The templates, each by the host's own file where `folder` has one of its name. Compiles all of them at once, so that a broken
 * one stops the start and not a page.
 *
 * @throws ClienteleError `option_invalid` where the folder or a file in it is of no use
 */
export function openTemplates(folder?: string): Templates {
  const ours = fileURLToPath(ourFolder)
  const paths = new Map(readdirSync(ours).map((name) => [name, join(ours, name)]))
  if (folder !== undefined) for (const [name, path] of replacements(folder, paths)) paths.set(name, path)
  // Templates name each other, and the name decides alone: the host's layout goes around our pages, and ours around the host's.
  const resolve = (name: string) => {
    const path = paths.get(name)
    if (path === undefined)
      throw new Error(`There is no template ${name} here; known are ${[...paths.keys()].join(', ')}.`)
    return path
  }
  const options = { compileDebug: false, doctype: 'html', plugins: [{ resolve }] } as pug.Options
  const compile = (view: View) => {
    try {
      return [view, pug.compileFile(resolve(`${view}.pug`), options)] as const
    } catch (error) {
      // Whichever file is at fault: without a folder none is.
      throw folder === undefined ? error : useless(`${view}.pug does not compile`, error)
    }
  }
  const compiled = new Map(views.map(compile))
  return {
    render: (view, model) => compiled.get(view)?.(model) ?? '',
    readAsset: (name) => readFileSync(resolve(name), 'utf8'),
  }
}

/** Files of our templates' names. One that leads out of the folder is refused: only what is in it was meant to be served. */
function replacements(folder: string, ours: ReadonlyMap<string, string>): [name: string, path: string][] {
  try {
    const root = realpathSync(folder)
    const names = readdirSync(root).filter((name) => ours.has(name))
    return names.map((name) => {
      const path = realpathSync(join(root, name))
      if (!path.startsWith(root.endsWith(sep) ? root : root + sep))
        throw new Error(`${name} is a link to a file outside of it`)
      if (!statSync(path).isFile()) throw new Error(`${name} is no file`)
      return [name, path]
    })
  } catch (error) {
    throw useless('the folder cannot be used', error)
  }
}

function useless(what: string, cause: unknown): ClienteleError {
  const { msg, message } = cause as Error & { msg?: string }
  return new ClienteleError('option_invalid', `console(): the option \`templates\`: ${what}: ${msg ?? message}`, {
    cause,
    field: 'templates',
  })
}
