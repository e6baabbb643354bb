import { expect, spyOn, test } from 'bun:test'
import { canonicalName, searchName, validateName } from '@/model/users/name'

const SCOTLAND = '\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}'

test('a name is stored in NFC and without surrounding spaces', () => {
  expect(canonicalName('  Ame\u0301lie ')).toBe('Amélie')
})

const VALID = [
  ['Ann', 'Amélie', "O'Hara", '王小明', 'עדן', '🙂', 'X Æ A-12', '<b>Bob</b>', 'x'.repeat(100), '👨‍👩‍👧', '山田　太郎'],
  ['辻\u{E0100}', '葛\u{E0100}城', '神\uFE00', '邉\u{E01EF}', 'ᠪ\u180Bᠠ', 'ᠨ\u180Eᠠ', 'ᠭ\u180Fᠠ', 'ᠭ\u180D\u180Eᠠ'],
  [SCOTLAND, `Ann ${SCOTLAND}`, SCOTLAND.repeat(14), '❤\uFE0F', '1\uFE0F\u20E3', '☃\uFE0E Ann', '🏳️‍🌈', '👩🏽‍💻', '🐻‍❄️'],
  ['علی\u200Cرضا', 'ශ්\u200Dරී', 'র\u200D্য', 'അവന്\u200D', 'क्\u200Dष', 'ನ್\u200Cನ', '🇩🇪', 'மணி', 'สมชาย', 'a\u2800b'],
].flat()

test.each(VALID)('the name %j is valid and stored as typed', (name) => {
  expect([validateName(name), canonicalName(name)]).toEqual([undefined, name])
})

const DROPPED = [
  [
    '\u200E',
    '\u200F',
    '\u061C',
    '\u202A',
    '\u202B',
    '\u202C',
    '\u202D',
    '\u202E',
    '\u2066',
    '\u2067',
    '\u2068',
    '\u2069',
  ],
  ['\u200B', '\u2060', '\u2064', '\u00AD', '\u034F', '\uFEFF', '\u3164', '\uFFA0', '\u115F', '\u17B4', '\u206F'],
  ['\u{1D173}', '\u{E0001}', '\u{E0041}', '\u{E007F}', '\u200C', '\u200D', '\uFE0F', '\u{E0100}', '\u180B', '\u180E'],
].flat()

test.each(DROPPED)('the invisible character %j is removed from a name', (sign) => {
  for (const name of [`Ann${sign} Lee`, `${sign}Ann Lee`, `Ann Lee${sign}`, ` ${sign} Ann L${sign}${sign}ee \n${sign}`])
    expect([validateName(name), canonicalName(name)]).toEqual([undefined, 'Ann Lee'])
  expect([validateName(sign), validateName(` ${sign} `)]).toEqual(['Enter your name.', 'Enter your name.'])
})

test.each(['\u200E', '\u200F', '\u061C', '\u202B', '\u2067', '\u2069'])(
  'the direction mark %j is removed from a name in Hebrew and Arabic',
  (sign) => {
    for (const name of ['עדן', 'محمد'])
      for (const typed of [`${sign}${name}${sign}`, `${name.slice(0, 2)}${sign}${name.slice(2)}`])
        expect([validateName(typed), canonicalName(typed)]).toEqual([undefined, name])
  },
)

test.each([
  ['a second variation selector', '辻\u{E0100}\u{E0101}', '辻\u{E0100}'],
  ['a variation selector at the start', '\u{E0100}辻', '辻'],
  ['a variation selector after a space', '辻 \uFE0F辻', '辻 辻'],
  ['tags without an end', '\u{1F3F4}\u{E0067}\u{E0062}', '\u{1F3F4}'],
  ['tags after another emoji', '🙂\u{E0067}\u{E0062}\u{E0073}\u{E007F}', '🙂'],
  ['tags of more than a region', `\u{1F3F4}${'\u{E0061}'.repeat(7)}\u{E007F}`, '\u{1F3F4}'],
  ['a joiner at the end', '👨\u200D', '👨'],
  ['a joiner between words', 'علی\u200C رضا', 'علی رضا'],
  ['a second joiner', 'علی\u200C\u200Cرضا', 'علیرضا'],
  ['a joiner between letters of Latin, Greek and Cyrillic', 'A\u200Dn α\u200Cβ а\u200Dб', 'An αβ аб'],
  ['an invisible character before an accent', 'e\u200B\u0301', 'é'],
  ['a tab of a copied table', 'Ann\tLee\r\n', 'Ann Lee'],
])('%s is removed from a name', (_, name, canonical) => {
  expect([validateName(name), canonicalName(name)]).toEqual([undefined, canonical])
})

test.each([
  ['', 'Enter your name.'],
  [' \u00A0\u3000\u0085 ', 'Enter your name.'],
  ['\u200B \u2060', 'Enter your name.'],
  ['x'.repeat(101), 'Use a name of at most 100 characters.'],
  ['e\u0301'.repeat(101), 'Use a name of at most 100 characters.'],
  ['x'.repeat(1025), 'Use a name of at most 100 characters.'],
  ...[15, 20].map((count) => [
    SCOTLAND.repeat(count),
    `Use a name of at most 100 characters. This has ${count * 7}, because some emoji and letters count as several.`,
  ]),
  ...['a\0b', 'a\nb', 'a\u2028b', 'a\uFFFD', 'a\uD800b', 'a\u001B[31m', '\u2800', '\u0301', 'a\uFFF9b', 'a\uFFFEb'].map(
    (invalid) => [invalid, 'Use visible characters only.'],
  ),
])('the name %j is rejected with a message', (name, message) => {
  expect(validateName(name)).toBe(message)
})

test('a name with thousands of accents is rejected before it is normalized', () => {
  const normalize = spyOn(String.prototype, 'normalize')
  expect(validateName('a' + '\u0301\u0323'.repeat(16_000))).toBe('Use a name of at most 100 characters.')
  expect(normalize).not.toHaveBeenCalled()
  normalize.mockRestore()
})

test('a stored name is valid again and stays the same', () => {
  const parts = [
    ...DROPPED,
    ...'aéαб王עʹ1❤👨🏽🏴ᠨ്ന☃',
    '\u0301',
    '\u0323',
    '\u1FEF',
    '\u2126',
    ' ',
    '\t',
    '\u00A0',
    '\u{E0061}',
  ]
  let seed = 1
  const next = () => (seed = (seed * 48_271) % 2_147_483_647)
  for (let i = 0; i < 20_000; i++) {
    const name = Array.from({ length: 1 + (next() % 9) }, () => parts[next() % parts.length]).join('')
    const canonical = canonicalName(name)
    expect([name, canonicalName(canonical)]).toEqual([name, canonical])
    expect([name, validateName(canonical)]).toEqual([name, validateName(name)])
    expect(canonical).not.toMatch(/[\u200B\u200E\u200F\u061C\u202A-\u202E\u2060-\u206F]/)
  }
})

test.each([
  ['辻\u{E0100} Ann', '辻 ann'],
  ['ᠨ\u180Eᠠ', 'ᠨᠠ'],
  [`Ann ${SCOTLAND}`, 'ann \u{1F3F4}'],
  ['A\u200Bnn', 'ann'],
  ['علی\u200Cرضا', 'علی\u200Cرضا'],
])('the name %j is found by %j', (name, found) => {
  expect([searchName(name), searchName(found)]).toEqual([found, found])
})
