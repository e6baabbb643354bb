import { expect, test } from 'bun:test'
import { clientIpOf, disableIdleTimeout, inheritServer, bindServer } from '@/http/request/client-ip'

const SOCKET = '198.51.100.7'

/** A request as it arrives on our socket, with what it says about where it came from. */
function arriving(forwarded?: string, address: string | null = SOCKET) {
  const headers: Record<string, string> = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  const request = new Request('http://localhost/', { headers })
  bindServer(request, { requestIP: () => (address === null ? null : { address }) })
  return request
}

test.each([
  ['without a proxy the socket tells', 0, undefined, SOCKET],
  ['without a proxy nobody is believed', 0, '203.0.113.9', SOCKET],
  ['one proxy tells whom it saw', 1, '203.0.113.9', '203.0.113.9'],
  ['what the visitor wrote before that is not believed', 1, '192.0.2.1, 203.0.113.9', '203.0.113.9'],
  ['nor is a long list of lies', 1, `${'10.0.0.1, '.repeat(50)}203.0.113.9`, '203.0.113.9'],
  ['of two proxies the first tells, and the second tells of the first', 2, '203.0.113.9, 10.0.0.2', '203.0.113.9'],
  ['nor do two proxies believe the visitor', 2, '192.0.2.1, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
  ['who got around the proxy is nowhere', 1, undefined, ''],
  ['nor is there anything to tell where one of two proxies was gone around', 2, '203.0.113.9', ''],
  ['an empty header tells nothing', 1, '', ''],
  ['spaces and missing ones do not matter', 1, '192.0.2.1,203.0.113.9 ', '203.0.113.9'],
  ['nothing is added to what a proxy saw', 1, '192.0.2.1,', ''],
  ['a port is no part of it', 1, '192.0.2.1, 203.0.113.9:49152', '203.0.113.9'],
  ['nor are brackets', 1, '192.0.2.1, [2001:db8::1]:49152', '2001:db8::1'],
  ['with a port or without', 1, '[2001:db8::1]', '2001:db8::1'],
  ['IPv6 is told as it is', 1, '192.0.2.1, 2001:db8::1', '2001:db8::1'],
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
  bindServer(again, { requestIP: () => null }) // by the front door, which it enters like any other
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
