import { expect, test } from 'bun:test'
import { branding } from '@/config/branding'
import { generatePassword } from '@/model/passwords/generate'
import { validatePassword } from '@/model/passwords/validate'
import { openSite } from '../../support/site'

const { deps } = await openSite()
const owner = { email: 'annabel.lee@example.test', name: 'Annabel Lee' }
const errorFor = (password: string) => validatePassword(deps, password, owner)

const weak = {
  'a famous phrase': [
    'correct-horse-battery-staple',
    'correct horse battery staple 1',
    'CorrectHorseBatteryStaple!',
    'C0rr3ct_H0rs3_B4tt3ry_St4pl3',
    'correct1horse2battery3staple',
    'elpats yrettab esroh tcerroc',
    'Tr0ub4dor&3!',
    'Tr0ub4dor&3xkcd',
    'to be or not to be',
    'May the force be with you!',
    'let-me-in-please',
    'i love you so much',
    '3.141592653589',
  ],
  'a common password with separators': [
    'pass-word-pass-word',
    'p.a.s.s.w.o.r.d.1',
    'p a s s w o r d 1 2 3 4',
    'i-l-o-v-e-y-o-u-1',
    'hunter2-hunter2',
    'qwerty asdfgh zxcvbn',
    'PaSsWoRdPaSsWoRd',
    'P@ssw0rd!P@ssw0rd!',
    'p@$$word-p@$$word',
  ],
  'a sequence': [
    'x y z a b c d e f g h',
    'zyx wvu tsr qpo nml',
    'AbCdEfGhIjKl',
    'a.b.c.d.e.f.g.h.i',
    '1-2-3-4-5-6-7-8-9',
    'abcdefg1234567',
    'abcdef-fedcba',
    'абвгдежзийкл',
    'one two three four',
    'monday-tuesday-wednesday',
  ],
  'interleaved sequences': [
    '827364918273',
    'a1b2c3d4e5f6',
    'azbycxdwevfu',
    'aAbBcCdDeEfF',
    'aabbccddeeff',
    'aaabbbcccddd',
    'abc1abc2abc3abc4',
    '1q2w3e4r5t6y',
    '9o8i7u6y5t4r',
    '102030405060',
  ],
  'a repetition': [
    'abcabcabcabc',
    'ab ab ab ab ab ab',
    'xk29fq-xk29fq',
    'green tea green tea',
    'Hello hello HELLO',
    '111-222-333-444',
    'a a a a a a a a a b',
  ],
  'a walk on the keyboard': [
    'q w e r t y u i o p a s',
    'mnbvcxz lkjhgfdsa',
    '1qaz 2wsx 3edc',
    'a-z-e-r-t-y-u-i-o-p',
    'йцукен-гшщзхъ',
    '147258369147',
  ],
  'a series of dates': [
    '31121999-01012000',
    '01.01.2000 02.02.2001',
    '1.1.1990 2.2.1991 3.3.1992',
    '31-Dec-1999 01-Jan-2000',
    '311299010100',
    '010119900202199103031992',
  ],
  'known data with separators': [
    'A-n-n-a-b-e-l-L-e-e-1',
    'annabel_lee_2026',
    'annabel.lee at example.test',
    'e-e-l-l-e-b-a-n-n-a',
    `${[...branding.name].join(' ')} 1 2`,
  ],
}

test.each(Object.entries(weak).flatMap(([kind, passwords]) => passwords.map((password) => [kind, password])))(
  '%s is weak: %j',
  async (_, password) => {
    expect(await errorFor(password ?? '')).toMatch(/\. Add a few unrelated words\.$/)
  },
)

test.each([
  'correct horse battery',
  'horse-lamp-river-nine',
  'a b c x 1 9 7 !',
  'a password is a secret thing',
  'my horse hates staples and batteries',
  'born in 1984 near the sea',
  '25 purple owls in march',
  'grüne Ameisen tanzen gern',
  'мои длинные слова здесь',
  '안녕하세요 여러분 반갑습니다',
  '我的新密码很长而且很安全吗',
  'xk29fqm7 xk29fqm7',
  '~!k7#Qm9Lw2$*',
  '839201746528',
])('the password %j is accepted', async (password) => {
  expect(await errorFor(password)).toBeUndefined()
})

/** The same numbers below `max` in every run (mulberry32). */
function seededRandom(seed: number) {
  let state = seed
  return (max: number) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % max
  }
}

const characters = (first: string, last: string) => {
  const [from = 0, to = 0] = [first.codePointAt(0), last.codePointAt(0)]
  return Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i))
}
const [lower, upper, digits] = [characters('a', 'z'), characters('A', 'Z'), characters('0', '9')]

test.each([
  ['small letters', lower],
  ['letters', [...lower, ...upper]],
  ['letters and digits', [...lower, ...upper, ...digits]],
  ['base32', [...upper, ...'234567']],
  ['hexadecimal digits', [...digits, ...'abcdef']],
  ['ASCII', characters('!', '~')],
  ['symbols', [...'!"#$%&()*+,-./:;<=>?@']],
  ['Cyrillic', characters('а', 'я')],
  ['Hangul', characters('가', '힣')],
])('random passwords of at least twelve characters are accepted: %s', async (_, alphabet) => {
  const random = seededRandom(1)
  for (let n = 0; n < 40; n++) {
    const password = Array.from({ length: 12 + random(8) }, () => alphabet[random(alphabet.length)]).join('')
    expect([password, await errorFor(password)]).toEqual([password, undefined])
  }
})

test.each([' ', '-', '.', ''])('four to six random words joined by %j are accepted', async (separator) => {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  const words = (dictionary['diceware-common'] ?? []).map(String)
  const random = seededRandom(2)
  for (let n = 0; n < 25; n++) {
    const chosen = Array.from({ length: 4 + random(3) }, () => words[random(words.length)])
    const password = chosen.join(separator).padEnd(12, separator || 'x')
    expect([password, await errorFor(password)]).toEqual([password, undefined])
  }
})

test('generated passwords are accepted', async () => {
  for (let n = 0; n < 25; n++) expect(await errorFor(generatePassword(deps))).toBeUndefined()
})

test('a long password of dates is checked without backtracking', async () => {
  expect(await errorFor(`${'010101'.repeat(42)}x`)).toBeString()
})
