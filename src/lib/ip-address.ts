import { isIPv4, isIPv6 } from 'node:net'

/**
 * The first three numbers of an IPv4 address, or the /48 of an IPv6 address: enough for users to recognize their network,
 * too little to locate them. Empty if `address` is not an IP address.
 */
export function shortenIp(address: string) {
  const ip = normalizeIp(address)
  if (isIPv4(ip)) return ip.replace(/\d+$/, 'x')
  if (ip === IPV6_LOOPBACK) return '::1'
  return ip === '' ? '' : `${ip.split(':').slice(0, 3).join(':')}::`
}

/** The IPv4 address, or the IPv6 /64: one customer has all of it. Empty if `address` is not an IP address. */
export function sourceFor(address: string) {
  const ip = normalizeIp(address)
  return ip === '' || isIPv4(ip) ? ip : `${ip.split(':').slice(0, 4).join(':')}::/64`
}

/** The /48 around an IPv6 source: it may belong to one customer. Empty for an IPv4 source. */
export const networkFor = (source: string) =>
  source.endsWith('::/64') ? `${source.split(':').slice(0, 3).join(':')}::/48` : ''

const IPV6_LOOPBACK = '0:0:0:0:0:0:0:1'

/** IPv6 prefixes in front of an IPv4 address. One client can arrive in each of these forms. */
const IPV4_PREFIXES = [
  /^0:0:0:0:0:ffff:/, // IPv4-mapped, on a dual-stack socket (RFC 4291, 2.5.5.2)
  /^0:0:0:0:ffff:0:/, // IPv4-translated (RFC 2765, 2.1)
  /^64:ff9b:0:0:0:0:/, // NAT64 (RFC 6052, 2.1)
  /^2002:/, // 6to4 (RFC 3056, 2)
  /^0:0:0:0:0:0:(?=[^:]{3,4}:)/, // IPv4-compatible (RFC 4291, 2.5.5.1), except 0.x.y.z: `::1` is the loopback address
]

/** An IPv4 address, or the eight groups of an IPv6 address without leading zeros. Empty if `text` is not an IP address. */
export function normalizeIp(text: string) {
  if (isIPv4(text)) return text
  if (!isIPv6(text)) return ''
  const ip = ipv6Groups(text).join(':')
  const prefix = IPV4_PREFIXES.find((one) => one.test(ip))
  if (!prefix) return ip
  const [high = 0, low = 0] = ip
    .replace(prefix, '')
    .split(':')
    .map((group) => parseInt(group, 16))
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** Not by `URL`, which throws for `::` between other groups and an IPv4 address (Bun 1.4.5). */
function ipv6Groups(address: string) {
  const withoutZone = address.toLowerCase().replace(/%.*$/, '')
  const hexadecimal = withoutZone.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number)
    return [(a << 8) | b, (c << 8) | d].map((group) => group.toString(16)).join(':')
  })
  const [first = [], last] = hexadecimal.split('::').map((part) => part.split(':').filter(Boolean))
  const zeros = last ? Array<string>(8 - first.length - last.length).fill('0') : []
  return [...first, ...zeros, ...(last ?? [])].map((group) => group.replace(/^0+(?=.)/, ''))
}

/** Whether a source is this machine. The rest of `::/64` is reserved. */
export const isLoopbackSource = (source: string) => /^127\.|^0:0:0:0::\/64$/.test(source)

const LOOPBACK_HOST = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

export const isLoopbackHost = (hostname: string) => LOOPBACK_HOST.test(hostname)
