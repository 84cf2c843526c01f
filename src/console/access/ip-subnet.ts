import { isIPv4, isIPv6 } from 'node:net'

/**
 * The part of the network that shares a limit. Of IPv4 a /24: whoever rents addresses rents neighbours. Of IPv6 a /56: providers
 * give a home that much, so that by single addresses, or by /64, one home would have 256 limits and more.
 */
export function ipSubnet(address: string): string {
  const bare = address.replace(/%.*$/, '')
  const whole = isIPv4(bare) ? `::ffff:${bare}` : bare
  // A proxy that writes something else into X-Forwarded-For: all of it is one block.
  if (!isIPv6(whole)) return 'unknown'
  const bytes = groupsOf(whole).flatMap((group) => [group >> 8, group & 255])
  const isIPv4Inside = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  return bytes.slice(0, isIPv4Inside ? 15 : 7).join('.')
}

function groupsOf(address: string): number[] {
  // URL knows one way to write an IPv6 address: no dots, one '::' at most.
  const [start = [], end = []] = new URL(`http://[${address}]`).hostname
    .slice(1, -1)
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''))
  const zeros = Array<string>(8 - start.length - end.length).fill('0')
  return [...start, ...zeros, ...end].map((group) => Number.parseInt(group, 16))
}
