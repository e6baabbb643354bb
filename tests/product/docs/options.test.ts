import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import type { AuthOptions } from '@/http/types/auth-options'
import { minutes } from '@/lib/duration'
import { renderMail } from '@/mail-templates'
import { mailConfig, mailData } from '../../support/mail-samples'
import { logLines } from '../../support/no-stray-errors'
import { deleteAccountNow } from '@/model/accounts/delete-account'
import { ann, annAndEve, eve } from '../../support/people'
import { load, siteOf } from './examples'

// The examples for options in the docs work as described.

const LONG = { SESSION_IDLE_SECONDS: '3600' }
const PASSWORD = '/settings/password'
const flashOn = (html: string) => /<p id="flash"[^>]*>([^<]*)</.exec(html)?.[1]

test('loginPath and reloginPath work as described', async () => {
  const { visitor, anns, advance } = await siteOf('option', 'reloginPath', LONG)
  expect((await visitor.get('/profile')).to).toBe('/in?next=%2Fprofile')
  await anns.post('/login', ann)
  advance(minutes(5))
  expect((await anns.get(PASSWORD)).to).toBe('/in/again?next=%2Fsettings%2Fpassword')
})

test('pathGroups works as described', async () => {
  const { visitor, app, guards } = await siteOf('option', 'pathGroups')
  for (const prefix of ['/staff/rota', '/feed'])
    app.use(new Elysia({ prefix }).use(guards.loginRequired).get('/', ({ reply }) => reply.text('in')))
  expect((await visitor.get('/staff/rota')).to).toBe('/staff/login?next=%2Fstaff%2Frota')
  expect(await visitor.get('/feed')).toMatchObject({ status: 401, to: null })
  expect((await visitor.get('/profile')).to).toBe('/login?next=%2Fprofile')
})

test('onUnauthenticated works as described', async () => {
  const { visitor } = await siteOf('option', 'onUnauthenticated')
  expect((await visitor.get('/settings')).to).toBe('/?then=%2Flogin%3Fnext%3D%252Fsettings')
})

test('onReauthRequired works as described', async () => {
  const { anns, advance } = await siteOf('option', 'onReauthRequired', LONG)
  await anns.post('/login', ann)
  advance(minutes(5))
  expect((await anns.get(PASSWORD)).to).toBe('/relogin?next=%2Fsettings%2Fpassword')
  expect((await anns.get(PASSWORD, { 'x-kiosk': '1' })).html).toBe('Not on this screen.')
})

test('messages works as described', async () => {
  const { visitor } = await siteOf('option', 'messages')
  await visitor.get('/profile')
  expect((await visitor.get('/login')).html).toContain(
    '<p id="flash" class="info" role="status">Members only. Please log in.</p>',
  )
  await visitor.post('/login', ann)
  expect(flashOn((await visitor.get('/profile')).html)).toBe('')
})

test('mails works as described', async () => {
  const { mails }: AuthOptions = await load('option', 'mails')
  const { subject, text } = renderMail(mailConfig(), 'reset-password', mailData, mails)
  expect(subject).toBe('Neues Passwort')
  expect(text).toStartWith(
    'Wählen Sie ein neues Passwort.\n\nPasswort wählen:\nhttps://app.example.test/reset-password?token=',
  )
})

test('translate works as described', async () => {
  const { visitor } = await siteOf('option', 'translate')
  for (const [language, text] of [
    ['de', 'Sie sind abgemeldet.'],
    ['en', 'You have been logged out.'],
  ] as const) {
    await visitor.post('/logout')
    expect(flashOn((await visitor.get('/', { 'accept-language': language })).html)).toBe(text)
  }
})

test('protection works as described', async () => {
  const { anns } = await siteOf('option', 'protection')
  await anns.post('/login', ann)
  expect((await anns.copy('Another browser').get('/profile')).to).toBe('/login?next=%2Fprofile')
})

test('fingerprint works as described', async () => {
  const { anns, events } = await siteOf('option', 'fingerprint')
  const german = { 'sec-ch-ua-platform': '"Linux"', 'accept-language': 'de' }
  await anns.post('/login', ann, german)
  await anns.copy('Another browser').get('/profile', german)
  expect(events.at(-1)?.kind).toBe('logged-in')
  await anns.get('/profile', { ...german, 'sec-ch-ua-platform': '"Windows"' })
  expect(events.at(-1)?.kind).toBe('client-changed')
})

test('cookies works as described', async () => {
  const { anns } = await siteOf('option', 'cookies', { APP_URL: 'https://www.example.test' })
  const { set } = await anns.post('/login', { ...ann, remember: 'yes' })
  expect(set.map((line) => line.replace(/=[^;]*/, ''))).toEqual([
    '__Secure-sid; Domain=example.test; Path=/; Secure; HttpOnly; SameSite=Strict',
    '__Secure-device; Domain=example.test; Path=/; Max-Age=15552000; Secure; HttpOnly; SameSite=Strict',
    '__Secure-stay; Domain=example.test; Path=/; Max-Age=2592000; Secure; HttpOnly; SameSite=Strict',
    '__Secure-flash; Domain=example.test; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict',
  ])
  expect((await anns.get('/profile')).status).toBe(200)
})

test('rememberFor works as described', async () => {
  const { anns } = await siteOf('option', 'rememberFor')
  expect((await anns.post('/login', { ...ann, remember: 'yes' })).set.join()).toContain(`Max-Age=${7 * 86_400};`)
})

test('passkeys works as described', async () => {
  const { anns } = await siteOf('option', 'passkeys')
  await anns.post('/login', ann)
  expect((await anns.get('/profile')).html).not.toContain('Log in without a password next time')
  const other = (await annAndEve()).browser()
  await other.post('/login', ann)
  expect((await other.get('/profile')).html).toContain('Log in without a password next time')
})

test('findUser works as described', async () => {
  const { anns, deps, users, browser } = await siteOf('option', 'findUser')
  await deps.db.updateTable('users').set({ email: 'eve@elsewhere.test' }).where('id', '=', users.eve.id).execute()
  const eves = browser()
  await anns.post('/login', ann)
  await eves.post('/login', eve)
  expect((await anns.get('/profile')).status).toBe(200)
  expect((await eves.get('/profile')).status).toBe(303)
})

test('onUserDeleted works as described', async () => {
  const { onUserDeleted }: AuthOptions = await load('option', 'onUserDeleted')
  const { deps, users } = await annAndEve()
  expect(await deleteAccountNow(deps, users.ann, 'command line', onUserDeleted)).toBe(true)
  expect(await deps.db.selectFrom('users').select('name').execute()).toEqual([{ name: 'Eve' }])
})

test('exportUserData works as described', async () => {
  const { as, deps } = await siteOf('option', 'exportUserData')
  const { html } = await (await as(ann)).post('/settings/export')
  expect(JSON.parse(html).app).toEqual({ notes: [{ title: 'A note of Ann', created_at: deps.now() }] })
})

test('anonymousData works as described', async () => {
  const { visitor, anns, app, guards } = await siteOf('option', 'anonymousData')
  const observed = new Elysia({ prefix: '/observed' }).use(guards.anyone)
  app.use(observed.get('/', ({ visitor, reply }) => reply.json({ ...visitor })))
  const headers = { 'accept-language': 'de-AT' }
  expect(JSON.parse((await visitor.get('/observed', headers)).html)).toEqual({ language: 'de', isAnonymous: true })
  await anns.post('/login', ann)
  expect((await anns.get('/observed', headers)).html).toBe('{}')
})

test('on works as described', async () => {
  const { anns, users } = await siteOf('option', 'on')
  await anns.post('/login', ann)
  expect(logLines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'welcome')).toMatchObject([
    { userId: users.ann.id },
  ])
})

test('the example for tests works as described', async () => {
  const annReadsHerNotes = await load('tests', '')
  expect((await annReadsHerNotes({ protection: 'off' })).answer).toMatchObject({
    status: 200,
    html: 'The notes of Ann',
  })
})
