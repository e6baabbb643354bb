import { isIPv4, isIPv6 } from 'node:net'

const IPV6_LOOPBACK = '0:0:0:0:0:0:0:1'

/**
 * An IP address as it is kept: the first three numbers of an IPv4 address, the first three groups (/48) of an IPv6 one.
 * That tells somebody whether they were there, and no one else where they live. Empty for what is no address.
 */
export function shortenIp(address: string) {
  const mapped = unmapIpv4(address)
  if (isIPv4(mapped)) return mapped.replace(/\d+$/, 'x')
  if (!isIPv6(address)) return ''
  if (ipv6Groups(address).join(':') === IPV6_LOOPBACK) return '::1'
  return `${ipv6Groups(address).slice(0, 3).join(':')}::`
}

/** Whom one has to count as one: an IPv4 address itself, the /64 of an IPv6 one, for its owner has all of that. Empty for what is no address. */
export function sourceFor(address: string) {
  const mapped = unmapIpv4(address)
  if (isIPv4(mapped)) return mapped
  return isIPv6(address) ? `${ipv6Groups(address).slice(0, 4).join(':')}::/64` : ''
}

/** The /48 around such a /64, which is often one and the same owner's. Empty for all else. */
export const networkFor = (source: string) =>
  source.endsWith('::/64') ? `${source.split(':').slice(0, 3).join(':')}::/48` : ''

const unmapIpv4 = (address: string) => address.replace(/^::ffff:(?=\d+\.)/i, '') // IPv4 on a socket that speaks both

/** The eight groups of an IPv6 address, without leading zeros. */
function ipv6Groups(address: string) {
  const [head = '', tail] = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1).split('::')
  const [first, last] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean))
  const zeros = tail === undefined ? 0 : 8 - (first?.length ?? 0) - (last?.length ?? 0)
  return [...(first ?? []), ...Array<string>(zeros).fill('0'), ...(last ?? [])]
}

const LOOPBACK_HOST = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** Whether a host name can only mean this machine. */
export const isLoopbackHost = (hostname: string) => LOOPBACK_HOST.test(hostname)
