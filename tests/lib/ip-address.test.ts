import { expect, test } from 'bun:test'
import { shortenIp, networkFor, normalizeIp, sourceFor } from '@/lib/ip-address'

test.each([
  ['192.0.2.77', '192.0.2.x'],
  ['10.20.30.255', '10.20.30.x'],
  ['::ffff:192.0.2.77', '192.0.2.x'],
  ['::FFFF:192.0.2.77', '192.0.2.x'],
  ['::ffff:c000:24d', '192.0.2.x'],
  ['64:ff9b::192.0.2.77', '192.0.2.x'],
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
  ['64:ff9b:1::192.0.2.1', '64:ff9b:1::'],
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

/** A repeatable sequence of random integers below `max` (mulberry32). */
function createRandom(seed: number) {
  return (max: number) => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % max
  }
}

const hex = (byte: number) => byte.toString(16).padStart(2, '0')

function ipv4Forms(bytes: number[]) {
  const dotted = bytes.join('.')
  const [a = 0, b = 0, c = 0, d = 0] = bytes
  const groups = `${hex(a)}${hex(b)}:${hex(c)}${hex(d)}`
  const prefixes = ['::ffff:', '::FFFF:', '0:0:0:0:0:ffff:', '0000::ffff:', '::ffff:0:', '64:ff9b::', '0064:FF9B:0::0:']
  const inside = [...prefixes, ...(a === 0 ? [] : ['::'])].flatMap((one) => [`${one}${dotted}`, `${one}${groups}`])
  const zoned = inside.map((form) => `${form}%eth0`)
  return [dotted, ...inside, ...zoned, `2002:${groups}::`, `2002:${groups}:1:2:3:4:5`]
}

test('every form of an IPv4 address has the same source, the same short form and no network', () => {
  const random = createRandom(1)
  for (let i = 0; i < 300; i++) {
    const bytes = Array.from({ length: 4 }, () => random(256))
    const dotted = bytes.join('.')
    for (const form of ipv4Forms(bytes))
      expect([form, sourceFor(form), shortenIp(form), networkFor(sourceFor(form))]).toEqual([
        form,
        dotted,
        `${bytes.slice(0, 3).join('.')}.x`,
        '',
      ])
  }
})

const pad = (group: string) => group.padStart(4, '0')

function ipv6Forms(groups: string[]) {
  const forms = [groups.join(':'), groups.map(pad).join(':'), groups.join(':').toUpperCase()]
  groups.forEach((_, start) => {
    for (let end = start + 1; groups[end - 1] === '0'; end++) {
      forms.push(`${groups.slice(0, start).join(':')}::${groups.slice(end).map(pad).join(':')}`)
    }
  })
  const last = groups.slice(6).flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255])
  forms.push(`${groups.slice(0, 6).join(':')}:${last.join('.')}`)
  return [...forms, ...forms.map((form) => `${form}%en1`), ...forms.map((form) => `${form}%25en1`)]
}

test('every form of an IPv6 address has the same source, and another /64 has another source', () => {
  const random = createRandom(2)
  for (let i = 0; i < 300; i++) {
    const rest = Array.from({ length: 7 }, () => (random(2) ? '0' : random(65_536).toString(16)))
    const groups = [(0x2400 + random(0x800)).toString(16), ...rest]
    const source = `${groups.slice(0, 4).join(':')}::/64`
    for (const form of ipv6Forms(groups))
      expect([form, sourceFor(form), normalizeIp(form)]).toEqual([form, source, groups.join(':')])
    const other = groups.with(3, ((parseInt(groups[3] ?? '', 16) + 1) & 0xffff).toString(16))
    expect(sourceFor(other.join(':'))).not.toBe(source)
  }
})

test.each([
  '1.2.3',
  '1.2.3.4.5',
  '01.2.3.4',
  '0x7f.0.0.1',
  '2130706433',
  '1.2.3.4/24',
  '::ffff:1.2.3.256',
  '1::2::3',
  ':',
])('%s is not an IP address and has no source', (text) => {
  expect([normalizeIp(text), sourceFor(text)]).toEqual(['', ''])
})

test('the loopback address of IPv6 is no form of an IPv4 address', () => {
  expect([sourceFor('::1'), sourceFor('::'), normalizeIp('::1')]).toEqual([
    '0:0:0:0::/64',
    '0:0:0:0::/64',
    '0:0:0:0:0:0:0:1',
  ])
})
