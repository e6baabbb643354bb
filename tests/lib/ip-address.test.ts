import { expect, test } from 'bun:test'
import { shortenIp, networkFor } from '@/lib/ip-address'

test.each([
  ['192.0.2.77', '192.0.2.x'],
  ['10.20.30.255', '10.20.30.x'],
  ['::ffff:192.0.2.77', '192.0.2.x'],
  ['::FFFF:192.0.2.77', '192.0.2.x'],
])('the short form of %s hides the last number: %s', (address, short) => {
  expect(shortenIp(address)).toBe(short)
})

test.each([
  ['2001:db8:ab:cd:ef:1:2:3', '2001:db8:ab::'],
  ['2001:0DB8:00AB:00CD::1', '2001:db8:ab::'],
  ['2001:db8::1', '2001:db8:0::'],
  ['2001:db8::', '2001:db8:0::'],
  ['2001:db8:ab::', '2001:db8:ab::'],
  ['1:2:3:4:5:6:7::', '1:2:3::'],
  ['::', '0:0:0::'],
  ['fe80::1%eth0', 'fe80:0:0::'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0::'],
])('the short form of %s has the first three groups: %s', (address, short) => {
  expect(shortenIp(address)).toBe(short)
})

test.each(['', 'unknown', '192.0.2.77:443', '[2001:db8::1]', '192.0.2', '192.0.2.256', '010.0.0.1', '<b>', '2001:db8'])(
  'the short form of %j, which is not an IP address, is empty',
  (text) => {
    expect(shortenIp(text)).toBe('')
  },
)

test.each([
  ['2001:db8:ab:cd::/64', '2001:db8:ab::/48'],
  ['0:0:0:0::/64', '0:0:0::/48'],
  ['192.0.2.77', ''],
  ['', ''],
])('the network around %j is %j', (source, network) => {
  expect(networkFor(source)).toBe(network)
})

test('the loopback address is shown as ::1', () => {
  expect([shortenIp('::1'), shortenIp('0:0:0:0:0:0:0:1')]).toEqual(['::1', '::1'])
})

test('two addresses of one network have the same short form, and addresses of other networks differ', () => {
  expect(shortenIp('2001:db8:ab:1::1')).toBe(shortenIp('2001:db8:ab:2::9'))
  expect(shortenIp('2001:db8:ab::1')).not.toBe(shortenIp('2001:db8:ac::1'))
  expect(shortenIp('192.0.2.1')).not.toBe(shortenIp('192.0.3.1'))
})
