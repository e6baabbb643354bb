import { expect, test } from 'bun:test'
import { clientIpOf, disableIdleTimeout, inheritServer, bindServer, sourceOf } from '@/http/request/client-ip'

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
  ['a request that bypasses the proxy has the IP of the socket', 1, undefined, SOCKET],
  ['a request that bypasses one of two proxies has the IP of the socket', 2, '203.0.113.9', SOCKET],
  ['a list shorter than the number of proxies supplies no IP', 16, '192.0.2.1, 203.0.113.9', SOCKET],
  ['an empty header supplies no IP', 1, '', SOCKET],
  ['spaces between entries are ignored', 1, '192.0.2.1,203.0.113.9 ', '203.0.113.9'],
  ['an empty last entry supplies no IP', 1, '192.0.2.1,', SOCKET],
  ['an empty entry is counted', 2, '192.0.2.1, , 10.0.0.2', SOCKET],
  ['empty entries of the client are ignored', 1, ', , 203.0.113.9', '203.0.113.9'],
  ['an entry without an IP supplies no IP', 1, '192.0.2.1, unknown', SOCKET],
  ['a name supplies no IP', 1, '192.0.2.1, app.example', SOCKET],
  ['a part of the header Forwarded supplies no IP', 1, '192.0.2.1, for=203.0.113.9', SOCKET],
  ['an IPv4 address with leading zeros supplies no IP', 1, '192.0.2.1, 203.000.113.009', SOCKET],
  ['an IP outside its range supplies no IP', 1, '192.0.2.1, 203.0.113.256', SOCKET],
  ['a network supplies no IP', 1, '192.0.2.1, 203.0.113.0/24', SOCKET],
  ['unpaired brackets supply no IP', 1, '192.0.2.1, [2001:db8::1', SOCKET],
  ['markup supplies no IP', 1, '<b>1</b>', SOCKET],
  ['a malformed entry of the client is ignored', 1, 'unknown, 203.0.113.9', '203.0.113.9'],
  ['quotes are removed', 1, '"203.0.113.9"', '203.0.113.9'],
  ['quotes, brackets and a port are removed', 1, '192.0.2.1, "[2001:db8::1]:49152"', '2001:db8::1'],
  ['tabs around an entry are ignored', 1, '192.0.2.1,\t203.0.113.9\t', '203.0.113.9'],
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

test('several X-Forwarded-For headers count as one list', () => {
  const request = arriving()
  for (const entry of ['192.0.2.1', '198.51.100.99, 203.0.113.9', '10.0.0.2'])
    request.headers.append('x-forwarded-for', entry)
  expect([1, 2, 3, 4, 5].map((trustProxy) => clientIpOf({ trustProxy }, request))).toEqual([
    '10.0.0.2',
    '203.0.113.9',
    '198.51.100.99',
    '192.0.2.1',
    SOCKET,
  ])
})

test('a client cannot choose its source by any entries in front of the trusted ones', () => {
  const forged = [
    '192.0.2.1',
    'unknown',
    '',
    ',',
    '"',
    '"192.0.2.1',
    '[',
    '192.0.2.1:80',
    '::1',
    'for=192.0.2.1',
    ' , , ',
  ]
  for (const trustProxy of [1, 2])
    for (const entry of forged) {
      const appended = ['203.0.113.9', '10.0.0.2'].slice(0, trustProxy).join(', ')
      expect(sourceOf({ trustProxy }, arriving(`${entry}, ${appended}`))).toBe('203.0.113.9')
    }
})

test('all forms of an address that a proxy or a socket reports are one source', () => {
  const forms = ['127.0.0.1', '::ffff:127.0.0.1', '::FFFF:7f00:1', '64:ff9b::7f00:1', '0:0:0:0:0:ffff:7F00:0001']
  const reported = forms.flatMap((form) => [
    form,
    ...(form.includes('.') && !form.includes(':') ? [`${form}:80`] : [`[${form}]`, `[${form}]:80`]),
  ])
  for (const form of reported) expect([form, sourceOf({ trustProxy: 1 }, arriving(form))]).toEqual([form, '127.0.0.1'])
  for (const form of forms)
    expect([form, sourceOf({ trustProxy: 1 }, arriving('unknown', form))]).toEqual([form, '127.0.0.1'])
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
