import { Elysia } from 'elysia'
import { expect, test } from 'bun:test'
import { days, minutes, seconds } from '@/lib/duration'
import type { Feature } from '@/app'
import { listSessions } from '@/model/sessions/session-list'
import type { Browser } from '../support/browser'
import { ann, annRemembered, createPeople } from '../support/people'
import { openSite } from '../support/site'

type Site = Pick<Awaited<ReturnType<typeof annRemembered>>, 'events'>
const alarms = ({ events }: Site) => events.filter(({ kind }) => kind === 'remember-token-reused').length

/** The cookies that another request of the same browser received arrive now. */
const arrive = (browser: Browser, from: Browser, names = ['session', 'remember']) => {
  for (const name of names) browser.keep(name, from.jar.get(name) ?? '', name === 'remember')
}

test('the End button ends a device that restored another session since the list was shown', async () => {
  const { annsBrowser: stolen, browser, deps, users, advance } = await annRemembered()
  const laptop = browser('Laptop')
  await laptop.post('/login', ann)
  await stolen.get('/profile')
  const id = (await listSessions(deps, users.ann)).active.find(({ series_id }) => series_id)?.id
  advance(seconds(1))
  stolen.close()
  await stolen.get('/profile') // a new session of the same device
  expect((await laptop.post(`/settings/sessions/${id}/end`)).status).toBe(303)
  expect((await stolen.get('/profile')).status).toBe(303)
})

test('reauthenticate({ remember: true }) ends the series that it replaces', async () => {
  const again: Feature = (guards) =>
    new Elysia({ prefix: '/again' }).use(guards.loginRequired).post('/', async ({ reauthenticate, reply }) => {
      await reauthenticate({ method: 'password', remember: true })
      return reply.redirect('/profile')
    })
  const site = await createPeople(await openSite({}, undefined, [again]))
  const browser = site.browser()
  await browser.post('/login', { ...ann, remember: 'yes' })
  const copy = browser.copy()
  copy.close()
  site.advance(minutes(1))
  await browser.post('/again')
  site.advance(days(1))
  expect((await copy.get('/profile')).status).toBe(303)
})

test('a password typed just after the session timed out, while another tab loads, raises no alarm', async () => {
  const site = await annRemembered()
  const { annsBrowser, advance } = site
  await annsBrowser.get('/profile')
  advance(minutes(5))
  const [typing, tab] = [annsBrowser.copy(), annsBrowser.copy()]
  await typing.post('/relogin', { password: ann.password }) // its response is under way for a second
  await tab.get('/profile')
  arrive(annsBrowser, tab, ['remember'])
  advance(seconds(0.5))
  await annsBrowser.copy().get('/dashboard') // the next request of the other tab; its response is lost
  arrive(annsBrowser, typing)
  expect((await annsBrowser.get('/profile')).status).toBe(200)
  expect(alarms(site)).toBe(0)
})

test('a copy that uses up the secrets of the series does not hide itself', async () => {
  const site = await annRemembered()
  const { annsBrowser, advance, deps } = site
  const copy = annsBrowser.copy()
  for (let n = 0; n < 3; n++) {
    await copy.get('/profile')
    copy.close()
    advance(days(1))
  }
  deps.config.rowCaps.secretsPerSeries = 3
  await copy.get('/profile') // ends the series
  await annsBrowser.get('/profile')
  expect(alarms(site)).toBe(1)
})

test('a copy that logs out after several restores does not hide itself', async () => {
  const site = await annRemembered()
  const { annsBrowser, advance } = site
  const copy = annsBrowser.copy()
  for (let n = 0; n < 3; n++) {
    await copy.get('/profile')
    copy.close()
    advance(days(1))
  }
  await copy.post('/logout')
  await annsBrowser.get('/profile') // a secret that was replaced twice
  expect(alarms(site)).toBe(1)
})

test('a logout with a secret that was replaced raises the alarm', async () => {
  const site = await annRemembered()
  const { annsBrowser, advance } = site
  const old = annsBrowser.copy()
  for (let n = 0; n < 2; n++) {
    await annsBrowser.get('/profile')
    annsBrowser.close()
    advance(days(1))
  }
  await old.post('/login', ann) // POST /login restores nothing: the series ends as a logout
  await annsBrowser.get('/profile')
  expect(alarms(site)).toBe(1)
})

test('the response to a tab in flight during a password change keeps the new remember cookie', async () => {
  const { annsBrowser, advance } = await annRemembered()
  await annsBrowser.get('/profile')
  await annsBrowser.post('/relogin', { password: ann.password })
  advance(seconds(20))
  const tab = annsBrowser.copy()
  await annsBrowser.post('/settings/password', { password: ann.password, new_password: 'five boxing wizards' })
  const { set } = await tab.get('/profile')
  expect(set.filter((line) => line.startsWith('remember='))).toEqual([])
})
