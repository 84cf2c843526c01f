import { createHash } from 'node:crypto'
import { accentCss } from './accent.js'
import type { FileResponse } from './page.js'
import type { Templates } from './templates.js'

/** The stylesheet, with the host's accent at its end, and the script of the copy buttons. */
export function assetPages(
  readAsset: Templates['readAsset'],
  accent?: string,
): { css: () => FileResponse; js: () => FileResponse } {
  const css = asset(
    'text/css; charset=utf-8',
    readAsset('console.css') + (accent === undefined ? '' : accentCss(accent)),
  )
  const js = asset('text/javascript; charset=utf-8', readAsset('console.js'))
  return { css: () => css, js: () => js }
}

function asset(contentType: string, text: string): FileResponse {
  const tag = createHash('sha256').update(text).digest('base64url').slice(0, 20)
  // Asked for again each time, answered with 304: the look never lags behind the page after an upgrade.
  return { status: 200, contentType, text, headers: { 'Cache-Control': 'no-cache', ETag: `"${tag}"` } }
}
