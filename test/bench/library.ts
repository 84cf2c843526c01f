import type { Library } from './in-process.js'

/** The library as it is published: what `npm run build` made of it. */
export async function builtLibrary(): Promise<Library> {
  const load = (file: string) => import(new URL(`../../dist/${file}`, import.meta.url).href)
  return { core: await load('src/index.js'), adapters: await load('adapters/memory.js') }
}
