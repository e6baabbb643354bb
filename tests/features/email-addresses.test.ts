import { expect, test } from 'bun:test'
import { changeRole } from '@/model/users/roles'
import { minutes } from '@/lib/duration'
import { signupTest, testWith } from '../support/features'
import { user } from '../support/command-line'
import { annAndEve } from '../support/people'
import { openSite } from '../support/site'

const ada = { email: 'Ada@BÜCHER.example', name: 'Ada', password: 'five boxing wizards' }
const ASCII = 'Ada@xn--bcher-kva.example'
const READABLE = 'Ada@bücher.example'
const SAME = [
  ada.email,
  READABLE,
  ASCII,
  'ada@xn--bcher-kva.example',
  'ada@bu\u0308cher。example',
  ' mailto:ada@bücher.example',
]

async function adaSignedUp(env?: Record<string, string>) {
  const site = await annAndEve(env)
  expect(await site.browser().post('/signup', ada)).toMatchObject({ status: 303, to: '/login' })
  return site
}

signupTest(
  'a domain with other letters is stored in ASCII, so that all forms of an address are one account',
  async () => {
    const { browser, deps } = await adaSignedUp()
    const rows = deps.db.selectFrom('users').select(['email', 'canonical_email']).where('name', '=', 'Ada')
    expect(await rows.execute()).toEqual([{ email: ASCII, canonical_email: ASCII.toLowerCase() }])
    for (const email of SAME) {
      const taken = await browser().post('/signup', { ...ada, email, password: 'violet marmalade kettle' })
      expect([email, taken.status, taken.html.includes('Email address already exists.')]).toEqual([email, 422, true])
      expect(await browser().post('/login', { ...ada, email })).toMatchObject({ status: 303, to: '/profile' })
    }
  },
)

signupTest('all forms of an address share the login limits', async () => {
  const { browser } = await adaSignedUp()
  const statuses: number[] = []
  for (const email of SAME) statuses.push((await browser().post('/login', { email, password: 'wrong' })).status)
  expect(statuses).toEqual([422, 422, 422, 422, 422, 429])
})

signupTest('pages show the readable form of an address to its user', async () => {
  const site = await adaSignedUp()
  const adas = await site.as({ email: READABLE })
  for (const path of ['/profile', '/settings/password'])
    expect((await adas.get(path)).html).toMatch(new RegExp(`<input id="email" [^>]*value="${READABLE}" readonly`))
  expect(JSON.parse((await adas.get('/api/me')).html)).toMatchObject({ email: ASCII })
  site.advance(minutes(5))
  expect((await adas.get('/relogin')).html).toContain(`value="${READABLE}" readonly`)
  const dialog = await adas.get('/relogin', { 'hx-request': 'true', 'hx-target': 'article#relogin-form' })
  expect(dialog.html).toContain(`value="${READABLE}" readonly`)
  expect(await adas.post('/relogin', { password: ada.password })).toMatchObject({ status: 303 })
})

testWith('admin', 'signup')('an admin finds a domain in both forms and sees both', async () => {
  const site = await adaSignedUp()
  await changeRole(site.deps, site.users.ann, 'admin', 'command line')
  const anns = await site.as(site.users.ann)
  const found = async (q: string) => (await anns.get(`/admin/users?${new URLSearchParams({ q })}`)).html
  for (const q of [
    'bücher',
    'BÜCHER',
    ' bücher\u200B',
    '@bücher.ex',
    'bücher。example',
    'xn--bcher',
    ...SAME.slice(0, -1),
  ]) {
    const html = await found(q)
    expect([q, html.match(/<tbody>.*<\/tbody>/s)?.[0].match(/<tr>/g)?.length]).toEqual([q, 1])
    expect(html).toContain(`<bdi>${READABLE}</bdi><small> (${ASCII})</small>`)
  }
  for (const q of ['%62ücher', 'bücher/example', 'bücher?', 'ü']) expect(await found(q)).toContain('No users found<')
  const id = (await found('bücher')).match(/\/admin\/users\/([\w-]{22})/)?.[1]
  expect((await anns.get(`/admin/users/${id}`)).html).toContain(`<bdi>${READABLE}</bdi><small> (${ASCII})</small>`)
})

test('commands accept all forms of an address', async () => {
  const site = await openSite()
  const create = (email: string) => user(site, ['create', email, '--name', 'Ada'], ada.password)
  expect(await create(ada.email)).toEqual({ code: 0, text: `${ASCII} is a new user with the role user.` })
  for (const email of SAME) {
    expect((await create(email)).code).toBe(1)
    expect(await user(site, ['activate', email])).toEqual({ code: 0, text: `${ASCII} is active.` })
  }
})

signupTest('a password must not consist of the readable form of the domain', async () => {
  const { browser } = await openSite()
  const [email, name] = ['ada@übersetzungsbüro.example', 'Ada']
  for (const password of ['übersetzungsbüro', 'ada@ÜBERSETZUNGSBÜRO.example', email])
    expect((await browser().post('/signup', { email, name, password })).html).toContain('Too similar to your email')
})

signupTest('an address with letters outside ASCII before the @ is refused with the reason', async () => {
  const { browser } = await openSite()
  for (const email of ['jörg@example.test', 'jörg@bücher.example', '用户@example.test'])
    expect((await browser().post('/signup', { ...ada, email })).html).toContain(
      '<small id="email-error" class="field-error">Use only the letters a to z, digits and common symbols before the @.</small>',
    )
})

signupTest.each(['0x7f.1', '127.1', 'xn--a.example', 'xn--bcher-KVA-.example'])(
  'the ASCII domain %s, which would change, is refused',
  async (domain) => {
    const { browser } = await openSite()
    const { status, html } = await browser().post('/signup', { ...ada, email: `ada@${domain}` })
    expect([status, html.includes('The part after the @ is not a valid domain.')]).toEqual([422, true])
  },
)

signupTest.each(['a..b@docomo.example', 'ab.@ezweb.example', '.ab@docomo.example'])(
  'a user of %s signs up and logs in with the address',
  async (email) => {
    const { browser } = await openSite()
    expect((await browser().post('/signup', { ...ada, email })).status).toBe(303)
    expect((await browser().post('/login', { ...ada, email })).status).toBe(303)
    expect((await browser().post('/login', { ...ada, email: email.replaceAll('.', '') })).status).toBe(422)
  },
)

signupTest.each([
  '\u00A0',
  '\u200B',
  '\u202A',
  '\u202C',
  '\u2060',
  '\u3000',
  '\uFEFF',
  '\u2069',
  '\r\n',
  '\u00AD',
  '\u200E',
])('a pasted %j at an end of the address changes nothing at sign-up and login', async (sign) => {
  const { browser, deps } = await openSite()
  const typed = { ...ada, email: `${sign}ada@example.test${sign} ` }
  expect((await browser().post('/signup', typed)).status).toBe(303)
  expect(await deps.db.selectFrom('users').select('email').execute()).toEqual([{ email: 'ada@example.test' }])
  expect((await browser().post('/login', { ...typed, email: 'ada@example.test' })).status).toBe(303)
  expect((await browser().post('/login', typed)).status).toBe(303)
  const inside = await browser().post('/signup', { ...ada, email: `ada@exam${sign}ple.test` })
  expect(inside.html).toContain('The email address contains a space or an invisible character.')
})
