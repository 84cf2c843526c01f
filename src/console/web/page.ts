import type { ClientDetails } from '../../keys/client-details.js'
import type { Client } from '../../keys/client-registry.js'
import type { Messages } from '../messages/en/en.js'
import type { Links } from './links.js'
import type { Fields } from './request-form.js'
import type { View } from './templates.js'

/** A page: plain data in, plain data out. It knows no framework; the router calls it and sends what it returns. */
export type Page = (context: PageContext) => PageResponse | Promise<PageResponse>

/** Where the browser is, and in which language it is answered. */
export interface Viewpoint {
  links: Links
  /** Of the language that the browser prefers. */
  messages: Messages
}

/** A request as the pages see it. */
export interface PageContext extends Viewpoint {
  /** Of the game's API, as the browser sees it: scheme, host and what is above the mount point. */
  apiBase: string
  fields: Fields
  /** Of the address. */
  query: URLSearchParams
  /** Of whoever asks; for the limits, and nothing else. */
  address: string
  /** What the host says of a registration: a text refuses it. */
  approve(details: ClientDetails): Promise<true | string>
  /** Who is signed in, or whose private key came as a bearer token. Only asked for where a page is about a client. */
  client?: Client
}

/** What a page decides; the router makes the response of it. */
export type PageResponse = ViewResponse | FileResponse | RedirectResponse

interface ResponseBase {
  status: number
  headers?: Readonly<Record<string, string>>
  /** Signs this client in. */
  signIn?: SignIn
  /** Signs out whoever is signed in. */
  signOut?: true
}
export interface ViewResponse extends ResponseBase {
  view: View
  model: object
}
export interface FileResponse extends ResponseBase {
  contentType: string
  text: string
}
export interface RedirectResponse extends ResponseBase {
  location: string
}

/** Who signs in: a client, for as long as its private key is the one that it is now. */
export interface SignIn {
  publicKey: string
  privateKeyHash: string
}
