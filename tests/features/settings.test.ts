import { expect, test } from 'bun:test'
import { days, minutes } from '@/lib/duration'
import type { Browser } from '../support/browser'
import { tokenTest } from '../support/features'
import { holdHashes } from '../support/hold-hashes'
import { ann, annLoggedIn } from '../support/people'
import { makeToken } from '../support/tokens'

const change = { password: ann.password, new_password: 'five boxing wizards' }

test('the settings are listed also for a stale login', async () => {
  const { annsBrowser, advance } = await annLoggedIn({ SESSION_IDLE_SECONDS: '3600' })
  advance(minutes(6))
  const { status, html } = await annsBrowser.get('/settings')
  expect(status).toBe(200)
  expect(html).toMatch(/<a href="\/settings\/password"[^>]*>Change<\/a>/)
  expect(html).toContain('password required')
})

/** The line of each setting. */
async function statesOn(browser: Browser) {
  const { html } = await browser.get('/settings')
  return Object.fromEntries(
    [...html.matchAll(/<b><bdi>([^<]*)<\/bdi><\/b><small>(.*?)<\/small>/g)].map(([, title = '', state = '']) => [
      title,
      state.replaceAll(/<[^>]*>/g, ''),
    ]),
  )
}

test('the settings show the present state of each', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  expect(await statesOn(annsBrowser)).toMatchObject({
    Profile: 'Ann',
    Password: 'Changed Jan 1, 2030, 12:00 PM UTC',
    Sessions: '1 active session',
    Activity: 'Security events of the last 12 months',
  })
  await browser('Phone').post('/login', { ...ann, remember: 'yes' })
  expect((await statesOn(annsBrowser)).Sessions).toBe('2 active sessions, 1 remembered device')
})

tokenTest('the settings show the number of API tokens and their last use', async () => {
  const { annsBrowser, browser, deps, users, advance } = await annLoggedIn()
  const state = async () => (await statesOn(annsBrowser))['API tokens']
  expect(await state()).toBe('No tokens')
  const { text } = await makeToken(deps, users.ann, { name: 'x', scopes: ['profile:read'], lifetime: days(9) })
  expect(await state()).toBe('1 token, never used')
  await makeToken(deps, users.ann, { name: 'y', scopes: [], lifetime: days(9) })
  advance(minutes(1))
  await browser().ask('/api/me', { headers: { authorization: `Bearer ${text}` } })
  expect(await state()).toBe('2 tokens, last used Jan 1, 2030, 12:01 PM UTC')
})

test('the password page requires a fresh login', async () => {
  const { annsBrowser, advance } = await annLoggedIn({ SESSION_IDLE_SECONDS: '3600' })
  advance(minutes(5) - 1)
  expect((await annsBrowser.get('/settings/password')).status).toBe(200)
  advance(1)
  expect(await annsBrowser.get('/settings/password')).toMatchObject({
    status: 303,
    to: '/relogin?next=%2Fsettings%2Fpassword',
  })
  expect(await annsBrowser.post('/settings/password', change)).toMatchObject({ status: 303, to: '/relogin' })
})

test('a new password is saved and confirmed, and the old one stops working', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  expect(await annsBrowser.post('/settings/password', change)).toMatchObject({ status: 303, to: '/settings' })
  expect((await annsBrowser.get('/settings')).html).toContain('Your password has been changed.')
  expect((await browser().post('/login', ann)).status).toBe(422)
  expect((await browser().post('/login', { ...ann, password: change.new_password })).status).toBe(303)
})

test('a password change ends all other sessions and remember series and rotates the token', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  const [phone, tablet] = [browser(), browser()]
  await phone.post('/login', ann)
  await tablet.post('/login', { ...ann, remember: 'yes' })
  tablet.close()
  const old = annsBrowser.copy()
  await annsBrowser.post('/settings/password', change)

  expect(annsBrowser.jar.get('session')).not.toBe(old.jar.get('session'))
  expect((await annsBrowser.get('/profile')).status).toBe(200)
  expect((await old.get('/profile')).to).toBe('/login?next=%2Fprofile')
  expect((await phone.get('/profile')).to).toBe('/relogin?next=%2Fprofile')
  expect((await phone.get('/relogin')).html).toContain('Your password was changed. Please log in with the new one.')
  expect((await tablet.get('/profile')).to).toBe('/login?next=%2Fprofile')
})

test('a password change renews the remember token of the device, and the old token stops working', async () => {
  const { browser } = await annLoggedIn()
  const laptop = browser()
  await laptop.post('/login', { ...ann, remember: 'yes' })
  const old = laptop.copy()
  await laptop.post('/settings/password', change)
  for (const one of [old, laptop]) one.close()
  expect((await old.get('/profile')).status).toBe(303)
  expect((await laptop.get('/profile')).status).toBe(200)
})

test('each error appears beside its field, and nothing changes', async () => {
  const { annsBrowser } = await annLoggedIn()
  const beside = async (fields: Record<string, string>) => {
    const { status, html } = await annsBrowser.post('/settings/password', { ...change, ...fields })
    expect(status).toBe(422)
    expect(html.match(/ autofocus/g)).toHaveLength(1)
    return Object.fromEntries(
      [...html.matchAll(/<small id="(\w+)-error" class="field-error">([^<]*)/g)].map(([, field, sentence]) => [
        field,
        sentence,
      ]),
    )
  }
  expect(await beside({ password: 'wrong' })).toEqual({ password: 'This is not your current password. Type it again.' })
  expect(await beside({ password: '', new_password: 'short' })).toEqual({
    password: 'This is not your current password. Type it again.',
    new_password: 'Use at least 12 characters. This has 5.',
  })
  expect(await beside({ new_password: ann.password })).toEqual({
    new_password: 'Choose a password that is different from the current one.',
  })
  expect(await beside({ new_password: 'ann@example.test' })).toEqual({
    new_password: 'Too similar to your email address, your name or the name of this site. Add a few unrelated words.',
  })
  expect((await annsBrowser.get('/profile')).status).toBe(200)
})

test('one of two concurrent password changes succeeds', async () => {
  const { annsBrowser, deps } = await annLoggedIn()
  const { begun, release } = holdHashes(deps, 2)
  const answered = ['five boxing wizards', 'seven humming llamas'].map((new_password) =>
    annsBrowser.copy().post('/settings/password', { ...change, new_password }),
  )
  await begun // both have read the old hash
  release()
  const answers = await Promise.all(answered)
  expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 303])
  expect(answers.map(({ to }) => to).toSorted()).toEqual(['/settings', '/settings/password'])
})

test('password managers find the page by its well-known path', async () => {
  const { browser } = await annLoggedIn()
  expect(await browser().get('/.well-known/change-password')).toMatchObject({ status: 303, to: '/settings/password' })
})
