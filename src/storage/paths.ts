// Every stored name, spelled once. Lower-case letters, digits, `.` and `-` only, at most 200 characters: MySQL compares
// names without case, Postgres cuts at 255, and Keyv 6 splits at the first `:`.

const root = 'clientele'

/** Details, private-key hash and retirement of one client stand alone, so that no edit undoes another. */
export const clientPaths = (clientId: string) => ({
  details: `${root}.client.${clientId}.details`,
  secret: `${root}.client.${clientId}.secret`,
  retired: `${root}.client.${clientId}.retired`,
})

export const usagePath = (day: string, clientId: string, writer: string) => `${root}.usage.${day}.${clientId}.${writer}`

export const summaryPath = (day: string, writer: string, page: number) => `${root}.summary.${day}.${writer}.${page}`

export const registeredPath = (writer: string, page: number) => `${root}.registered.${writer}.${page}`

export const sessionPath = (sessionHash: string) => `${root}.session.${sessionHash}`

export const writersPath = `${root}.writers`

export const writerPath = (writer: string) => `${root}.writer.${writer}`

export const secretPath = `${root}.secret`

export const probePath = (nonce: string) => `${root}.probe.${nonce}`
