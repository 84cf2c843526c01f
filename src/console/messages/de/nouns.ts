import { formatIn } from '../format.js'

export const format = formatIn('de', 'bis')

export const clients = (value: number) =>
  format.plural(value, { none: 'keine Clients', one: 'Client', other: 'Clients' })
export const sessions = (value: number) =>
  format.plural(value, { none: 'keine Sitzungen', one: 'Sitzung', other: 'Sitzungen' })
export const logins = (value: number) => format.plural(value, { none: 'keine Logins', one: 'Login', other: 'Logins' })
export const calls = (value: number) => format.plural(value, { none: 'keine Aufrufe', one: 'Aufruf', other: 'Aufrufe' })
