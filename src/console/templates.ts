import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pug from 'pug'

/** The pages, by the name of their template. */
export const VIEWS = ['home', 'registered', 'sign-in', 'stats', 'no-numbers', 'faq', 'problem'] as const
export type View = (typeof VIEWS)[number]
export type Render = (view: View, model: object) => string

// The same folder from src/console and, because the build copies it to dist/templates, from dist/src/console.
const FOLDER = new URL('../../templates/', import.meta.url)

/** Compiles every template at once, so that a broken one stops the start and not a page. */
export function compileTemplates(): Render {
  const compiled = new Map(
    VIEWS.map((view) => [view, pug.compileFile(pathOf(`${view}.pug`), { compileDebug: false, doctype: 'html' })]),
  )
  return (view, model) => compiled.get(view)?.(model) ?? ''
}

/** A file that is served as it is. */
export function readAsset(name: 'console.css' | 'console.js'): string {
  return readFileSync(pathOf(name), 'utf8')
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, FOLDER))
}
