/** Which client a session or a call counts for, and whose it is. */
export interface Attribution {
  publicKey: string
  /** Nobody had registered it, so it takes one of the rows that a day has for such, or shares the last. */
  isUnregistered?: true
  /** Of the player, in the client's crowds. Absent as long as the secret is not known. */
  seat?: number
}
