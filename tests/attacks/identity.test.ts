import { expect, test } from 'bun:test'
import { signupTest, testWith } from '../support/features'
import { user } from '../support/command-line'
import { decoded, MARKUP, shapeOf } from '../support/markup'
import { openSite } from '../support/site'

const mike = { email: 'mike@example.test', name: 'Mike', password: 'a bicycle in spring' }
const weiss = { email: 'strasse.ssam@example.test', name: 'Weiss', password: 'a bicycle in autumn' }

/** Addresses that some databases, keyboards and readers confuse with those of mike or weiss. */
const lookAlikes = [
  'mi\u212Ae@example.test', // the Kelvin sign; its lower case is k
  'm\u0131ke@example.test', // dotless i
  'M\u0130KE@example.test', // I with a dot
  'mike\uFF20example.test',
  '\uFF4Dike@example.test',
  'mi\u00ADke@example.test',
  'mi\u200Bke@example.test',
  'mike@exam\u200Bple.test',
  'mike@exam\u00ADple.test',
  'mike\u202E@example.test',
  'mike@example.test\u0000',
  'mike\u0000@example.test',
  'mike@example.test\r\nBcc: eve@example.test',
  'm\u0301ike@example.test',
  'mike@example.test/\u00FC',
  'mike@%65xample.test',
  '"mike"@example.test',
  'mike(x)@example.test',
  '<mike@example.test>',
  'Mike <mike@example.test>',
  'mike@example.test, eve@example.test',
  'mike@example.test;eve@example.test',
  'mike@example.test@evil.test',
  'mike%40example.test',
  'mike@[example.test]',
  'mike@example.test.',
  'mike@.example.test',
  'mailto:Mike <mike@example.test>',
  'stra\u00DFe.ssam@example.test',
  'strasse.\u017F\u017Fam@example.test', // the long s
  'strasse.\u1E9Eam@example.test',
  'mik_@example%.test',
  "' or 1=1 --@example.test",
]

const mikeAndWeiss = async () => {
  const site = await openSite()
  for (const one of [mike, weiss]) expect((await site.browser().post('/signup', one)).status).toBe(303)
  const users = async () => (await site.deps.db.selectFrom('users').selectAll().orderBy('email').execute()).length
  return { ...site, users }
}

signupTest.each(lookAlikes)(
  'the look-alike %j is not a valid address for sign-up, login or commands',
  async (email) => {
    const site = await mikeAndWeiss()
    for (const { name, password } of [mike, weiss]) {
      const signup = await site.browser().post('/signup', { email, name, password })
      const login = await site.browser().post('/login', { email, password })
      expect([signup.status, login.status, login.set]).toEqual([422, 422, []])
      expect(signup.html).toContain('id="email-error"')
      expect(signup.html).not.toContain('already exists')
    }
    for (const verb of ['create', 'deactivate', 'unlock', 'reset-password'] as const) {
      const words = verb === 'create' ? [verb, email, '--name', 'Mike'] : [verb, email]
      expect((await user(site, words, 'a bicycle in winter')).code).toBe(1)
    }
    expect(await site.users()).toBe(2)
  },
)

signupTest.each([
  '  mike@example.test',
  'mike@example.test \t',
  'MIKE@EXAMPLE.TEST',
  'mIKE@Example.test',
  '\tMike@example.tesT ',
  '\uFEFFmike@example.test',
  '\u00A0mike@example.test\u00A0',
  '\u202Amike@example.test\u202C',
  '\u200Bmike@example.test\u2060',
  '\vmike@example.test\r\n',
  '\u3000mike@example.test',
  'mailto:mike@example.test',
  'mike@example\u3002test',
  'mike@\uFF45xample.test',
])('%j is the same address as mike@example.test everywhere', async (email) => {
  const site = await mikeAndWeiss()
  const { password } = weiss
  expect((await site.browser().post('/signup', { ...mike, email, password })).html).toContain('already exists')
  expect((await site.browser().post('/login', { ...mike, email })).status).toBe(303)
  expect((await user(site, ['deactivate', email])).code).toBe(0)
  expect(await site.users()).toBe(2)
})

signupTest.each(['mike+x', 'm.ike', '%', 'mik_', "mi'ke", '*', 'mike.', '.mike', 'mi..ke'])(
  '%s@… is a different address from mike@example.test and gives no access to that account',
  async (local) => {
    const site = await mikeAndWeiss()
    for (const email of [`${local}@example.test`, `${local}@sub.example.test`, `${local}@example.test.test`]) {
      expect((await site.browser().post('/signup', { ...mike, email, name: 'Other' })).status).toBe(303)
      const other = site.browser()
      await other.post('/login', { ...mike, email })
      expect(decoded((await other.get('/profile')).html)).toContain(` value="${email}" readonly`)
    }
    expect(await site.users()).toBe(5)
  },
)

signupTest.each([
  'mike@ex\u0430mple.test', // Cyrillic a
  'mike@\u0435\u0445\u0430\u0440\u04CF\u0435.test', // Cyrillic only
  'mike@example.test\u2215.test', // the division slash
])('the address %j has its own account and is shown in ASCII', async (email) => {
  const site = await mikeAndWeiss()
  expect((await site.browser().post('/signup', { ...mike, email, name: 'Other' })).status).toBe(303)
  const other = site.browser()
  await other.post('/login', { ...mike, email })
  expect((await other.get('/profile')).html).toMatch(/ value="mike@[a-z.-]*xn--[a-z0-9.-]+" readonly/)
  expect((await other.get('/profile')).html).toContain('Welcome, Other!')
  expect(await site.users()).toBe(3)
})

signupTest('an address of 254 bytes is valid, and one of 255 bytes or 64 KiB is not', async () => {
  const site = await mikeAndWeiss()
  const long = (bytes: number) =>
    `${'a'.repeat(64)}@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.test`.padEnd(bytes, 't')
  const of = async (email: string) => (await site.browser().post('/signup', { ...mike, email })).status
  expect([await of(long(254)), await of(long(255)), await of(`${'a'.repeat(60_000)}@x.test`)]).toEqual([303, 422, 422])
})

signupTest('two compositions of a name are stored as one, and an address with such a letter is invalid', async () => {
  const site = await openSite()
  for (const [i, name] of ['Ren\u00E9', 'Rene\u0301'].entries())
    await site.browser().post('/signup', { ...mike, email: `rene${i}@example.test`, name })
  const rows = await site.deps.db.selectFrom('users').select(['name', 'search_name']).execute()
  expect(new Set(rows.map(({ name, search_name }) => `${name} ${search_name}`))).toEqual(
    new Set(['Ren\u00E9 ren\u00E9']),
  )
  for (const email of ['ren\u00E9@example.test', 'rene\u0301@example.test'])
    expect((await site.browser().post('/signup', { ...mike, email })).status).toBe(422)
})

/** Sets Mike's name by every way and returns the statuses. */
async function rename(name: string) {
  const site = await mikeAndWeiss()
  const mikes = await site.as(mike)
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
  const answers = [
    await site.browser().post('/signup', { ...mike, email: 'm@example.test', name }),
    await mikes.post('/profile', { name }),
    await mikes.post('/settings/tokens', { name, scopes: 'profile:read', expires_days: '9' }),
    await mikes.ask('/api/me', { method: 'PATCH', body: JSON.stringify({ name }), headers }),
  ]
  const command = await user(site, ['create', 'mi@example.test', '--name', name], mike.password)
  const users = await site.deps.db
    .selectFrom('users')
    .select('name')
    .where('name', '!=', 'Weiss')
    .orderBy('email')
    .execute()
  const tokens = await site.deps.db.selectFrom('api_tokens').select('name').execute()
  return { statuses: answers.map(({ status }) => status), code: command.code, names: [users, tokens].flat() }
}

testWith('settings/tokens', 'signup').each([
  '\uFFF9',
  '\uFFFA',
  '\uFFFB',
  '\uFFFE',
  '\uFFFF',
  '\u{1FFFE}',
  '\uFDD0',
  '\u0000',
  '\n',
  '\u2028',
])('a name with the unreadable character %j is rejected, wherever names are set', async (sign) => {
  const { statuses, code, names } = await rename(`Mi${sign}ke`)
  expect([statuses, code]).toEqual([[422, 422, 422, 422], 1])
  expect(names).toEqual([{ name: 'Mike' }])
})

testWith('settings/tokens', 'signup').each([
  '\u061C',
  '\u180B',
  '\u2067',
  '\u202E',
  '\u200F',
  '\u200B',
  '\uFEFF',
  '\u{E0100}',
  '\u{E0041}',
  '\u200D',
])('the invisible character %j is removed from a name, wherever names are set', async (sign) => {
  const { statuses, code, names } = await rename(`${sign}Mi${sign}ke${sign}\u00A0`)
  expect([statuses, code]).toEqual([[303, 303, 200, 200], 0])
  expect(names.map(({ name }) => name)).toEqual(['Mike', 'Mike', 'Mike', 'Mike'])
})

test('a name from the command line is shown as text on every page and in the terminal', async () => {
  const site = await openSite()
  for (const [i, name] of MARKUP.entries())
    expect((await user(site, ['create', `u${i}@example.test`, `--name=${name}`], mike.password)).code).toBe(0)
  for (const name of ['\u001b[31mred', 'two\nlines', 'a\u009b2J'])
    expect((await user(site, ['create', 'x@example.test', '--name', name], mike.password)).code).toBe(1)
  const { text } = await user(site, ['list'])
  expect(text.split('\n')).toHaveLength(MARKUP.length + 1)
  expect(text).not.toMatch(/[^\P{C}\n]/u)
  await user(site, ['create', mike.email, '--name', mike.name], mike.password)
  const greeting = async (email: string) => shapeOf((await (await site.as({ email })).get('/probe')).html)
  for (const i of MARKUP.keys()) expect(await greeting(`u${i}@example.test`)).toEqual(await greeting(mike.email))
})
