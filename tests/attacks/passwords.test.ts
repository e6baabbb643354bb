import { expect, spyOn, test } from 'bun:test'
import { branding } from '@/config/branding'
import { minutes } from '@/lib/duration'
import { signupTest } from '../support/features'
import { user } from '../support/command-line'
import { ann, annAndEve } from '../support/people'

const MADE_OF_KNOWN = 'Too similar to your email address, your name or the name of this site.'

/** The results of sign-up, password change and command for this password. */
async function chosen(password: string) {
  const site = await annAndEve()
  const owner = { email: 'annabel.lee@example.test', name: 'Annabel Lee' }
  const atSignup = await site.browser().post('/signup', { ...owner, password })
  const byCommand = await user(site, ['create', 'annabel.lee@example.com', '--name', owner.name], password)
  const anns = await site.as(ann)
  const atChange = await anns.post('/settings/password', { password: ann.password, new_password: password })
  const login = async (typed: string) => {
    site.advance(minutes(16)) // longer than the maximum backoff
    return (await site.browser().post('/login', { email: owner.email, password: typed })).status
  }
  return { atSignup, byCommand, atChange, login, isTaken: [atSignup.status, byCommand.code, atChange.status] }
}

const TAKEN = [303, 0, 303]
const REFUSED = [422, 1, 422]

const words = (points: number) => 'quartz lamp over five rivers and 9 owls, no moon: '.repeat(8).slice(0, points)

signupTest.each([
  ['eleven characters', words(11), REFUSED],
  ['twelve characters', words(12), TAKEN],
  ['256 characters', words(256), TAKEN],
  ['257 characters', words(257), REFUSED],
  ['eleven emoji', [...'😀😃😄😁😆😅🤣😂🙂🙃😉'].join(''), REFUSED],
  ['twelve emoji', [...'😀😃😄😁😆😅🤣😂🙂🙃😉😊'].join(''), TAKEN],
  [
    '256 signs of four bytes each',
    '🦊🐼🐸🦉🐙🦋🐢🦔'.repeat(4) + [...Array(224).keys()].map((i) => String.fromCodePoint(0x1f300 + i)).join(''),
    TAKEN,
  ],
  ['fifteen spaces', ' '.repeat(15), REFUSED],
  ['fifteen NULs', '\0'.repeat(15), REFUSED],
  ['a space at either end', ` ${words(14)} `, TAKEN],
  ['a tab in it', words(14).replace(' ', '\t'), TAKEN],
  ['one sign that stands for eighteen, fifteen times', '\uFDFA'.repeat(15), REFUSED],
  ['a kilobyte', words(256).repeat(4), REFUSED],
  ['sixty kilobytes', 'x '.repeat(30_000), REFUSED],
])('%s are validated alike by sign-up, password change and command', async (_, password, expected) => {
  expect((await chosen(password)).isTaken).toEqual(expected)
})

signupTest.each([
  'passwordpassword',
  'password1234',
  'p@ssw0rd1234',
  'Passw0rd!2026',
  '123456789012',
  '123456789012345',
  '111111111111',
  'qwertyuiopasdfg',
  'qwertyqwerty',
  'asdfghjkl123',
  '1q2w3e4r5t6y',
  '1qaz2wsx3edc',
  'zaq12wsxcde3',
  'iloveyou12345',
  'sunshine12345',
  'princess1234',
  'football1234',
  'dragon123456',
  'monkey123456',
  'superman12345',
  'trustno1trustno1',
  'letmein123456',
  'administrator1',
  'admin1234567',
  'welcome2026!',
  'changemechangeme',
  'abc123abc123',
  'abcabcabcabc',
  'aaaaaaaaaaaaaaa',
  'Summer2026!!',
  'January2026!',
  'Password2026!!',
  '!!Winter2026',
  'Monday123456!',
  `${branding.name}1234`,
  `${branding.name} ${branding.name} ${branding.name}`,
])('the weak password %j is rejected in all three places', async (password) => {
  const { isTaken, atSignup } = await chosen(password)
  expect(isTaken).toEqual(REFUSED)
  expect(atSignup.html).toMatch(/<small id="password-error" class="field-error">[^<]+<\/small>/)
})

signupTest.each([
  'annabel.lee@example.test',
  'ANNABEL.LEE@EXAMPLE.TEST',
  '\uFF41nnabel.lee\uFF20example.test',
  'annabel lee annabel lee',
  'Annabel Lee 1',
  'leeannabel2026',
  `${branding.name} annabel`,
])('%j is rejected because it consists of public data of its user', async (password) => {
  const { atSignup } = await chosen(password)
  expect([atSignup.status, atSignup.html.includes(MADE_OF_KNOWN)]).toEqual([422, true])
})

signupTest.each([
  'k7#Qm!x9Lw2$',
  '}{:?"+=-~!@#',
  'a password is a secret thing',
  'seven dragons eat the summer',
  'my monkey wrote 3 operas',
])('%j is accepted, because symbols and known words inside longer ones are allowed', async (password) => {
  expect((await chosen(password)).isTaken).toEqual(TAKEN)
})

signupTest('a password works whole and exactly, on any keyboard', async () => {
  const password = ' \u00C5ngstr\u00F6m & caf\u00E9 \0 + 100% "tail" '
  const { isTaken, login } = await chosen(password)
  expect(isTaken).toEqual(TAKEN)
  for (const same of [
    password,
    password.normalize('NFD'),
    password.replace('\u00C5', '\u212B'),
    password.replace('%', '\uFF05'),
  ])
    expect(await login(same)).toBe(303)
  const [before = ''] = password.split('\0')
  const others = [
    password.trim(),
    before,
    `${before}\0`,
    `${password}\0`,
    `${password} `,
    password.toLowerCase(),
    password.replace('\0', ''),
    password.replace('+', ' '),
    '',
  ]
  for (const other of others) expect([other, await login(other)]).toEqual([other, 422])
})

signupTest('a password above the maximum length is not truncated', async () => {
  const { login } = await chosen(words(256))
  for (const typed of [`${words(256)}x`, words(256).slice(0, 72), words(255), `${words(256)}${'\0'.repeat(1000)}`])
    expect(await login(typed)).toBe(422)
  expect(await login(words(256))).toBe(303)
})

test('a password change needs a different password and the right current one', async () => {
  const site = await annAndEve()
  const anns = await site.as(ann)
  const change = (password: string, new_password: string) => anns.post('/settings/password', { password, new_password })
  const spelt = '\uFF43orrect horse battery'
  for (const [present, wanted] of [
    [ann.password, ann.password],
    [ann.password, spelt],
    [spelt, ann.password],
    ['', words(20)],
    [`${ann.password}\0`, words(20)],
  ] as const)
    expect((await change(present, wanted)).status).toBe(422)
  expect((await site.browser().post('/login', ann)).status).toBe(303)
})

signupTest.each([
  ['empty', { password: '' }],
  ['missing', {}],
  ['a NUL', { password: '\0' }],
])('a password that is %s is an input error, not an internal error', async (_, typed: Record<string, string>) => {
  const { browser, as } = await annAndEve()
  const verify = spyOn(Bun.password, 'verify')
  const stale = await as(ann, { fresh: false })
  for (const email of [ann.email, 'unknown@example.test'])
    expect((await browser().post('/login', { email, ...typed })).status).toBe(422)
  expect((await stale.post('/relogin', typed)).status).toBe(422)
  expect((await browser().post('/signup', { email: 'x@example.test', name: 'X', ...typed })).status).toBe(422)
  expect(verify).toHaveBeenCalledTimes(3)
  verify.mockRestore()
})
