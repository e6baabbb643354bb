import { isIPv4, isIPv6 } from 'node:net'

const IPV6_LOOPBACK = '0:0:0:0:0:0:0:1'

/**
 * The first three numbers of an IPv4 address, or the /48 of an IPv6 address: enough for users to recognize their network,
 * too little to locate them. Empty if `address` is not an IP address.
 */
export function shortenIp(address: string) {
  const mapped = unmapIpv4(address)
  if (isIPv4(mapped)) return mapped.replace(/\d+$/, 'x')
  if (!isIPv6(address)) return ''
  if (ipv6Groups(address).join(':') === IPV6_LOOPBACK) return '::1'
  return `${ipv6Groups(address).slice(0, 3).join(':')}::`
}

/** The IPv4 address, or the IPv6 /64: one customer has all of it. Empty if `address` is not an IP address. */
export function sourceFor(address: string) {
  const mapped = unmapIpv4(address)
  if (isIPv4(mapped)) return mapped
  return isIPv6(address) ? `${ipv6Groups(address).slice(0, 4).join(':')}::/64` : ''
}

/** The /48 around an IPv6 source: it may belong to one customer. Empty for an IPv4 source. */
export const networkFor = (source: string) =>
  source.endsWith('::/64') ? `${source.split(':').slice(0, 3).join(':')}::/48` : ''

const unmapIpv4 = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '') // IPv4 on a dual-stack socket

function ipv6Groups(address: string) {
  const [head = '', tail] = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1).split('::')
  const [first, last] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean))
  const zeros = tail === undefined ? 0 : 8 - (first?.length ?? 0) - (last?.length ?? 0)
  return [...(first ?? []), ...Array<string>(zeros).fill('0'), ...(last ?? [])]
}

const LOOPBACK_HOST = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

export const isLoopbackHost = (hostname: string) => LOOPBACK_HOST.test(hostname)
