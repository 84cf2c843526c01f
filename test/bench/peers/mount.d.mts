export const peerNames: readonly string[]
