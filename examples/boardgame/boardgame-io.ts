import { createRequire } from 'node:module'

// boardgame.io 0.50 has folders with a package.json each and no `exports`: `require` finds them, Node's `import` does not.
const require = createRequire(import.meta.url)
const core: typeof import('boardgame.io/core') = require('boardgame.io/core')
const server: typeof import('boardgame.io/server') = require('boardgame.io/server')
const client: typeof import('boardgame.io/client') = require('boardgame.io/client')
const multiplayer: typeof import('boardgame.io/multiplayer') = require('boardgame.io/multiplayer')

export const { INVALID_MOVE } = core
export const { Origins, Server } = server
export const { Client, LobbyClient } = client
export const { SocketIO } = multiplayer
