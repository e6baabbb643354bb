import { expect, test } from 'bun:test'
import { dumpDatabase } from '../support/dump-database'
import { ann, annAndEve, annLoggedIn, eve } from '../support/people'

const SAME = Array.from({ length: 50 })

test('fifty concurrent logins each start a complete session or return 503', async () => {
  const site = await annAndEve()
  const browsers = SAME.map(() => site.browser())
  const answers = await Promise.all(browsers.map((one) => one.post('/login', { ...ann, remember: 'yes' })))
  const { sessions = [], remember_series = [], remember_secrets = [] } = await dumpDatabase(site)
  const isIn = answers.map(({ status }) => status === 303)
  expect(answers.filter(({ status, headers }) => status !== 303 && !headers.get('retry-after'))).toEqual([])
  const count = isIn.filter(Boolean).length
  expect(count).toBeGreaterThan(0)
  expect([sessions.length, remember_series.length, remember_secrets.length]).toEqual([count, count, count])
  for (const [i, one] of browsers.entries()) expect((await one.get('/profile')).status).toBe(isIn[i] ? 200 : 303)
  expect((await site.browser().post('/login', ann)).status).toBe(303)
})

test('fifty concurrent name changes leave the last name intact, and every tab sees a confirmation', async () => {
  const site = await annLoggedIn()
  const names = SAME.map((_, i) => `Ann ${i} ${'é'.repeat(i)}`)
  const answers = await Promise.all(names.map((name) => site.annsBrowser.copy().post('/profile', { name })))
  expect(answers.map(({ status, to }) => [status, to])).toEqual(names.map(() => [303, '/profile']))
  const { users = [] } = await dumpDatabase(site)
  const saved = users.map((row) => JSON.stringify(row)).find((row) => row.includes(ann.email)) ?? ''
  const { name, search_name } = JSON.parse(saved)
  expect([names.includes(name), search_name]).toEqual([true, name.toLowerCase()])
})

test('the last of two concurrent forms counts, and a form with an error changes nothing', async () => {
  const { annsBrowser, deps } = await annLoggedIn()
  const [one, other] = [annsBrowser.copy(), annsBrowser.copy()]
  await one.post('/profile', { name: 'Ann the first' })
  await other.post('/profile', { name: 'Ann the second' })
  expect((await one.post('/profile', { name: '' })).status).toBe(422)
  expect((await one.get('/profile')).html).toContain('Welcome, Ann the second!')
  expect(await deps.db.selectFrom('users').select('name').where('email', '=', ann.email).execute()).toEqual([
    { name: 'Ann the second' },
  ])
})

test('two users with concurrent requests in one process each see only their own data', async () => {
  const site = await annAndEve()
  const [anns, eves] = [await site.as(ann), await site.as(eve)]
  const paths = [
    '/',
    '/probe',
    '/profile',
    '/dashboard',
    '/settings/sessions',
    '/settings/activity',
    '/api/me',
    '/nowhere',
  ]
  const asked = SAME.flatMap((_, i) => paths.map((path) => ({ path, isAnn: (i + path.length) % 2 === 0 })))
  const answers = await Promise.all(asked.map(({ path, isAnn }) => (isAnn ? anns : eves).copy().get(path)))
  for (const [i, { html }] of answers.entries()) {
    const [own, other] = asked[i]?.isAnn ? ['Ann', 'Eve'] : ['Eve', 'Ann']
    const says = (name: string) =>
      new RegExp(
        `\\b${name}\\b|${name.toLowerCase()}@|data-user="${site.users[name === 'Ann' ? 'ann' : 'eve'].id}"`,
      ).test(html)
    expect([asked[i]?.path, says(own), says(other)]).toEqual([asked[i]?.path, true, false])
  }
})
