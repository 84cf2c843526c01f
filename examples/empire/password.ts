import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'

export interface PasswordHash {
  salt: string
  hash: string
}

// 1.5 ms on the machine it was tried on: a game that blocks its loop for every login cannot afford scrypt's default.
const COST = 1_024

export function hashPassword(password: string, salt = randomBytes(16).toString('base64')): PasswordHash {
  return { salt, hash: scryptSync(password, salt, 32, { N: COST }).toString('base64') }
}

export function isPassword(password: string, stored: PasswordHash): boolean {
  const { hash } = hashPassword(password, stored.salt)
  return timingSafeEqual(Buffer.from(hash), Buffer.from(stored.hash))
}
