import { formatIn } from '../format.js'

// 'en' alone is American and would write "Nov 23, 2025"; this order reads the same everywhere.
export const format = formatIn('en-GB', 'to')

// What is counted, with its number.
export const clients = (value: number) => format.plural(value, { none: 'no clients', one: 'client', other: 'clients' })
export const sessions = (value: number) =>
  format.plural(value, { none: 'no sessions', one: 'session', other: 'sessions' })
export const logins = (value: number) => format.plural(value, { none: 'no logins', one: 'login', other: 'logins' })
export const calls = (value: number) => format.plural(value, { none: 'no calls', one: 'call', other: 'calls' })
