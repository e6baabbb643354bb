import { expect, test } from 'bun:test'
import { days, minutes } from '@/lib/durations'
import { user } from '../support/command-line'
import { ann, annAndEve, annLoggedIn, annRemembered, eve } from '../support/people'

// Each login leaves rows behind. Nobody logs in a thousand times a day, and a program that does is told to wait.

const FEW = [{ most: 3, within: days(1) }]

test('after a thousand right passwords a day the right one has to wait, of that account alone', async () => {
  const { browser, deps, events, pass } = await annAndEve()
  deps.config.limits['right-password'].source = FEW
  for (let i = 0; i < 3; i++) expect((await browser().post('/login', ann)).status).toBe(303)
  const sessions = deps.db.selectFrom('sessions').select('id')
  const before = await sessions.execute()
  const { status, headers, set } = await browser().post('/login', ann)
  expect([status, headers.get('retry-after'), set]).toEqual([429, `${days(1) / 1000}`, []])
  expect(events.at(-1)).toEqual({ kind: 'limited', by: 'account' })
  expect(await sessions.execute()).toEqual(before)
  expect((await browser().post('/login', { ...ann, password: 'guess' })).status).toBe(422)
  expect((await browser().post('/login', eve)).status).toBe(303)
  pass(days(1))
  expect((await browser().post('/login', ann)).status).toBe(303)
})

test('the re-login and the change of password count with it', async () => {
  const { annsBrowser, deps, pass } = await annLoggedIn()
  deps.config.limits['right-password'].source = FEW
  const change = (password: string, new_password: string) =>
    annsBrowser.post('/settings/password', { password, new_password })
  expect((await change(ann.password, 'five boxing wizards')).status).toBe(303)
  pass(minutes(5))
  expect((await annsBrowser.post('/relogin', { password: 'five boxing wizards' })).status).toBe(303)
  expect((await change('five boxing wizards', 'six boxing wizards')).status).toBe(429)
})

test('a password that somebody else gives to the account lets its user in again', async () => {
  const site = await annAndEve()
  site.deps.config.limits['right-password'].source = FEW
  for (let i = 0; i < 4; i++) await site.browser().post('/login', ann)
  await user(site, ['reset-password', ann.email], 'five boxing wizards')
  expect((await site.browser().post('/login', { ...ann, password: 'five boxing wizards' })).status).toBe(303)
})

/** Ann comes back with her remembered device, until that may not do so any more. */
async function annOftenBack(env?: Record<string, string>) {
  const site = await annRemembered(env)
  const { annsBrowser, deps, pass } = site
  deps.config.limits.restore.source = FEW
  for (let i = 0; i < 3; i++) {
    expect((await annsBrowser.get('/profile')).status).toBe(200)
    annsBrowser.close()
    pass(minutes(1))
  }
  return site
}

test('remembered devices come back by themselves a thousand times a day, and then ask for the password', async () => {
  const { annsBrowser, events, pass } = await annOftenBack()
  const token = annsBrowser.jar.get('remember')
  const { status, to } = await annsBrowser.get('/profile')
  expect([status, to, annsBrowser.jar.get('remember')]).toEqual([303, '/login?next=%2Fprofile', token])
  expect(events).toContainEqual({ kind: 'limited', by: 'account' })
  pass(days(1))
  expect((await annsBrowser.get('/profile')).status).toBe(200)
  annsBrowser.close()
  expect((await annsBrowser.post('/login', ann)).status).toBe(303)
})

test('all devices of one user are counted together, and nobody else’s', async () => {
  const { browser } = await annOftenBack()
  const isBack = async (person: { email: string; password: string }) => {
    const device = browser()
    await device.post('/login', { ...person, remember: 'yes' })
    device.close()
    return (await device.get('/profile')).status === 200
  }
  expect([await isBack(ann), await isBack(eve)]).toEqual([false, true])
})

test('a copied remember token is found out then as ever', async () => {
  const { annsBrowser, events, pass, deps } = await annOftenBack()
  deps.config.limits.restore.source = [{ most: 4, within: days(1) }]
  const owner = annsBrowser.copy()
  const thief = annsBrowser
  expect((await thief.get('/profile')).status).toBe(200)
  pass(minutes(1))
  expect((await owner.get('/profile')).status).toBe(303)
  expect(events.map(({ kind }) => kind)).toContain('remember-theft')
  expect((await thief.get('/profile')).status).toBe(303)
})

test('tabs that come back together count as one, and what opens nothing counts for nobody', async () => {
  const { annsBrowser, deps } = await annRemembered()
  deps.config.limits.restore.source = [{ most: 1, within: days(1) }]
  const wrong = annsBrowser.copy()
  wrong.keep('remember', `${annsBrowser.jar.get('remember')?.split('.')[0]}.${'x'.repeat(43)}`)
  for (let i = 0; i < 3; i++) expect((await wrong.copy().get('/profile')).status).toBe(303)
  const tabs = Array.from({ length: 5 }, () => annsBrowser.copy())
  const answers = await Promise.all(tabs.map((tab) => tab.get('/profile')))
  expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200))
})
