import { expect, test } from 'bun:test'
import { Elysia, t } from 'elysia'
import { days, minutes, seconds } from '@/lib/duration'
import { mounted } from '../support/features'
import { ann, annAndEve, annLoggedIn } from '../support/people'
import { sessionOf } from '../support/devices'
import { makeToken } from '../support/tokens'

const RELOGIN = { status: 303, to: '/relogin?next=%2Fprofile' }

test('a request that starts in time succeeds, and the idle limit counts from its start', async () => {
  const { app, guards, browser, deps, advance } = await annAndEve()
  const slow = new Elysia({ prefix: '/slow' }).use(guards.loginRequired)
  app.use(
    slow.post(
      '/',
      ({ currentUser, reply }) => {
        advance(seconds(2))
        return reply.text(currentUser.name)
      },
      { body: t.Object({}) },
    ),
  )
  const anns = browser()
  await anns.post('/login', ann)
  const began = deps.now() + minutes(5) - 100
  advance(minutes(5) - 100)
  expect(await anns.post('/slow')).toMatchObject({ status: 200, html: 'Ann' })
  expect((await sessionOf({ deps }, anns)).last_seen_at).toBe(began)
  advance(minutes(5) - seconds(2) - 1)
  expect(await anns.get('/session')).toMatchObject({ status: 200 })
  advance(1)
  expect(await anns.get('/profile')).toMatchObject(RELOGIN)
})

test.each([
  '1970-01-01T00:00:00Z',
  '1970-01-02',
  '2038-01-19T03:14:00Z',
  '2038-01-20',
  '2100-02-28T23:58:00Z',
  '9999-12-01',
])('in the year of %s all limits keep their length, and every page shows its times', async (date) => {
  const site = await annAndEve()
  const { browser, deps, advance, users } = site
  advance(Date.parse(date) - deps.now())
  const [laptop, phone] = [browser(), browser()]
  const { set } = await laptop.post('/login', ann)
  await phone.post('/login', { ...ann, remember: 'yes' })
  phone.close()
  expect(set.join()).not.toMatch(/NaN|Max-Age=-/)
  const { text } = await makeToken(deps, users.ann, { name: 'x', scopes: ['profile:read'], lifetime: days(1) })
  const pages = ['/dashboard', '/settings/sessions', '/settings/tokens', '/settings/activity', '/api/sessions']
  for (const path of mounted(site, pages)) {
    const { status, html } = await laptop.get(path)
    expect([path, status, /NaN|Invalid|datetime="(?!\d{4}-)/.exec(html)?.[0]]).toEqual([path, 200, undefined])
  }
  advance(minutes(5) - 1)
  expect((await laptop.get('/settings/password')).to).toBeNull()
  expect((await laptop.get('/profile')).status).toBe(200)
  advance(minutes(5))
  expect(await laptop.get('/profile')).toMatchObject(RELOGIN)
  expect((await phone.get('/profile')).status).toBe(200)
  advance(days(1) - minutes(10))
  const program = () => browser().get('/api/me', { authorization: `Bearer ${text}` })
  expect((await program()).status).toBe(200)
  advance(1)
  expect((await program()).status).toBe(401)
})

test('page, poll, form, list and other device report the same end when all limits pass together', async () => {
  const { annsBrowser, browser, deps, advance } = await annLoggedIn()
  const desk = browser()
  await desk.post('/login', ann)
  advance(minutes(4))
  await desk.get('/profile')
  advance(minutes(1))
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => [
      annsBrowser.copy().get('/profile'),
      annsBrowser.copy().get('/session'),
      annsBrowser.copy().post('/profile', { name: 'too late' }),
      annsBrowser.copy().get('/settings/sessions', { 'x-poll': '1', 'hx-request': 'true' }),
      desk.copy().get('/settings/sessions'),
      annsBrowser.copy().post('/logout'),
      desk.copy().post('/settings/sessions/end-others'),
    ]).flat(),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303, 401, 200]))
  expect(await deps.db.selectFrom('users').select('name').where('email', '=', ann.email).execute()).toEqual([
    { name: 'Ann' },
  ])
  const ended = await deps.db.selectFrom('sessions').select('ended_reason').where('ended_at', 'is not', null).execute()
  expect(ended).toEqual([{ ended_reason: 'idle' }])
  expect((await desk.get('/profile')).status).toBe(200)
})
