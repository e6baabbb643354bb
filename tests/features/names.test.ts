import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { changeRole } from '@/model/users/roles'
import { adminTest, signupTest } from '../support/features'
import { annAndEve, eve } from '../support/people'

const SCOTLAND = '\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}'

signupTest.each(['辻\u{E0100}', '葛\u{E0100}城', 'ᠨ\u180Eᠠ', 'ᠪ\u180Bᠠ', `Ann ${SCOTLAND}`, 'علی\u200Cرضا', '👩🏽‍💻'])(
  'a user named %j signs up, and pages show the name as typed',
  async (name) => {
    const { browser } = await annAndEve()
    const [users, account] = [browser(), { email: 'x@example.test', name, password: 'five boxing wizards' }]
    expect((await users.post('/signup', account)).status).toBe(303)
    await users.post('/login', account)
    expect((await users.get('/profile')).html).toContain(`<h1>Welcome, ${name}!</h1>`)
    expect((await users.post('/profile', { name })).status).toBe(303)
  },
)

test('a name with direction marks is saved without them', async () => {
  const site = await annAndEve()
  const eves = await site.as(eve)
  for (const name of ['\u200Fעדן\u200F', '\u202Bעדן\u202C', '\u2067עד\u061Cן\u2069', '\uFEFFעדן\u200B\r\n'])
    expect((await eves.post('/profile', { name })).status).toBe(303)
  expect((await eves.get('/profile')).html).toContain('<h1>Welcome, עדן!</h1>')
})

adminTest('a name cannot change the direction of the text around it', async () => {
  const site = await annAndEve()
  await changeRole(site.deps, site.users.ann, 'admin', 'command line')
  const [anns, eves] = [await site.as(site.users.ann), await site.as(eve)]
  await eves.post('/profile', { name: 'עדן (1)' })
  const isolated = '<bdi>עדן (1)</bdi>'
  expect((await anns.get('/admin/users')).html).toContain(`>${isolated}</a>`)
  expect((await anns.get(`/admin/users/${site.users.eve.id}`)).html).toContain(`<h1>${isolated}</h1>`)
  expect((await eves.get('/')).html).toContain(`<h1>Welcome back, ${isolated}</h1>`)
  expect((await eves.get('/logout')).html).toContain(`You are logged in as ${isolated}.`)
  site.advance(minutes(5))
  expect((await eves.get('/relogin')).html).toContain(`Enter your password again, <strong>${isolated}</strong>.`)
})

adminTest('an admin finds a name with a variant of a sign by the sign', async () => {
  const site = await annAndEve()
  await changeRole(site.deps, site.users.ann, 'admin', 'command line')
  const [anns, eves] = [await site.as(site.users.ann), await site.as(eve)]
  await eves.post('/profile', { name: '葛\u{E0100}城 Eve' })
  for (const q of ['葛', '葛城', '葛\u{E0100}城', '葛\u{E0101}城 EVE', '\u200B葛城\u202C'])
    expect((await anns.get(`/admin/users?${new URLSearchParams({ q })}`)).html).toContain(
      '<bdi>葛\u{E0100}城 Eve</bdi>',
    )
})

test('a name that is too long for its code points returns the reason', async () => {
  const site = await annAndEve()
  const { status, html } = await (await site.as(eve)).post('/profile', { name: SCOTLAND.repeat(15) })
  expect(status).toBe(422)
  expect(html).toContain(
    '<small id="name-error" class="field-error">Use a name of at most 100 characters. This has 105, because some emoji and letters count as several.</small>',
  )
})

signupTest('a password must not consist of the name without its invisible characters', async () => {
  const { browser } = await annAndEve()
  const account = { email: 'x@example.test', name: 'Anna\u200Bbella\u2060Lee', password: 'annabellalee' }
  expect((await browser().post('/signup', account)).html).toContain('Too similar to your email address, your name')
})
