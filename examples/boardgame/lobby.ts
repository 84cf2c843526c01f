import { rest } from '../../src/index.js'

/**
 * boardgame.io's lobby. A session is a seat in a match, and its id the credentials that come with the seat. The answer's
 * `playerID` is no player: it is the number of the seat, which would make two players of all the world.
 */
export const lobby = rest({
  sessions: {
    // Needs a public key as well, and opens no session: it answers the match, which all its players share.
    'POST /games/:name/create': {},
    'POST /games/:name/:id/join': { answer: { sessionId: { body: '/playerCredentials' } } },
  },
  apiKey: { header: 'x-api-key' },
  sessionId: { body: '/credentials' },
  ends: ['POST /games/:name/:id/leave'],
  features: [
    'GET /games',
    'GET /games/:name',
    'GET /games/:name/:id',
    'POST /games/:name/:id/update',
    'POST /games/:name/:id/rename',
    'POST /games/:name/:id/playAgain',
  ],
})
