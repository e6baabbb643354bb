import { expect, test } from 'bun:test'
import { clientIpOf, disableIdleTimeout, inheritServer, bindServer } from '@/http/request/client-ip'

const SOCKET = '198.51.100.7'

function arriving(forwarded?: string, address: string | null = SOCKET) {
  const headers: Record<string, string> = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  const request = new Request('http://localhost/', { headers })
  bindServer(request, { requestIP: () => (address === null ? null : { address }) })
  return request
}

test.each([
  ['without a proxy the IP is the one of the socket', 0, undefined, SOCKET],
  ['without a proxy X-Forwarded-For is ignored', 0, '203.0.113.9', SOCKET],
  ['one proxy supplies the IP of its client', 1, '203.0.113.9', '203.0.113.9'],
  ['an entry that the client sent itself is ignored', 1, '192.0.2.1, 203.0.113.9', '203.0.113.9'],
  ['a long list of forged entries is ignored', 1, `${'10.0.0.1, '.repeat(50)}203.0.113.9`, '203.0.113.9'],
  ['with two proxies the first supplies the IP', 2, '203.0.113.9, 10.0.0.2', '203.0.113.9'],
  ['with two proxies an entry of the client is ignored', 2, '192.0.2.1, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
  ['a request that bypasses the proxy has no IP', 1, undefined, ''],
  ['a request that bypasses one of two proxies has no IP', 2, '203.0.113.9', ''],
  ['an empty header supplies no IP', 1, '', ''],
  ['spaces between entries are ignored', 1, '192.0.2.1,203.0.113.9 ', '203.0.113.9'],
  ['an empty last entry supplies no IP', 1, '192.0.2.1,', ''],
  ['a port is removed', 1, '192.0.2.1, 203.0.113.9:49152', '203.0.113.9'],
  ['brackets and a port are removed', 1, '192.0.2.1, [2001:db8::1]:49152', '2001:db8::1'],
  ['brackets without a port are removed', 1, '[2001:db8::1]', '2001:db8::1'],
  ['an IPv6 address is kept', 1, '192.0.2.1, 2001:db8::1', '2001:db8::1'],
])('%s', (_, trustProxy, forwarded, address) => {
  expect(clientIpOf({ trustProxy }, arriving(forwarded))).toBe(address)
})

test('a request without a socket has no IP address', () => {
  expect(clientIpOf({ trustProxy: 0 }, new Request('http://localhost/'))).toBe('')
  expect(clientIpOf({ trustProxy: 0 }, arriving(undefined, null))).toBe('')
})

test('an internal request inherits the IP address of the request that it replaces', () => {
  const [original, again] = [arriving(), new Request('http://localhost/')]
  inheritServer(again, original)
  bindServer(again, { requestIP: () => null })
  expect(clientIpOf({ trustProxy: 0 }, again)).toBe(SOCKET)
})

test('only an event stream has no idle timeout', () => {
  const asked: [Request, number][] = []
  const server = { requestIP: () => null, timeout: (...call: [Request, number]) => void asked.push(call) }
  const [staying, other] = [new Request('http://localhost/a'), new Request('http://localhost/b')]
  for (const request of [staying, other]) bindServer(request, server)
  disableIdleTimeout(staying)
  disableIdleTimeout(new Request('http://localhost/no-server'))
  expect(asked).toEqual([[staying, 0]])
})
