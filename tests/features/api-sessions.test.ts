import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { listActiveSessions } from '@/model/sessions/expiry'
import { annsProgram, apiOf } from '../support/api'
import { ann, eve } from '../support/people'

/** Ann has a session, a later session on a remembered phone and a program with a token. */
async function annOnTwoDevices(env?: Record<string, string>) {
  const site = await annsProgram({ env })
  site.advance(minutes(1))
  const phone = site.browser('Phone')
  await phone.post('/login', { ...ann, remember: 'yes' })
  const [phones, desks] = await listActiveSessions(site.deps, site.users.ann)
  if (!phones || !desks) throw new Error('ann should have two sessions')
  return { ...site, phone, onPhone: apiOf(site, phone), phones, desks }
}

test('a session has its client, its start, its last activity and no other data', async () => {
  const { page, program, phones, desks } = await annOnTwoDevices()
  const at = { phone: '2030-01-01T12:01:00.000Z', desk: '2030-01-01T12:00:00.000Z' }
  const onPhone = {
    id: phones.id,
    user_agent: 'Phone',
    opened_by: 'password',
    created_at: at.phone,
    last_seen_at: at.phone,
  }
  const onDesk = {
    id: desks.id,
    user_agent: 'Test browser',
    opened_by: 'password',
    created_at: at.desk,
    last_seen_at: at.desk,
  }
  expect((await page('GET', '/api/sessions')).json).toEqual({
    sessions: [
      { ...onPhone, current: false },
      { ...onDesk, current: true },
    ],
  })
  expect((await program('GET', '/api/sessions')).json).toEqual({
    sessions: [
      { ...onPhone, current: false },
      { ...onDesk, current: false },
    ],
  })
})

test('a session of a remembered device says remember_me', async () => {
  const { phone, onPhone, program } = await annOnTwoDevices()
  phone.close()
  await phone.get('/probe')
  const { json } = await onPhone('GET', '/api/sessions')
  expect(json.sessions[0]).toMatchObject({ current: true, opened_by: 'remember_me', user_agent: 'Phone' })
  expect((await program('GET', '/api/sessions')).json.sessions).toHaveLength(2) // a device has one active session
})

test('reading the list extends no session, and an expired session is not listed', async () => {
  const { page, program, advance } = await annOnTwoDevices()
  advance(minutes(4) - 1)
  expect((await page('GET', '/api/sessions')).json.sessions).toHaveLength(2)
  advance(1)
  expect((await page('GET', '/api/sessions')).status).toBe(401)
  expect((await program('GET', '/api/sessions')).json.sessions).toMatchObject([{ user_agent: 'Phone' }])
})

test('an ended session stops working at its next request, also on a remembered device', async () => {
  const { page, phone, onPhone, phones, events } = await annOnTwoDevices()
  expect(await page('DELETE', `/api/sessions/${phones.id}`)).toMatchObject({ status: 204, html: '', set: [] })
  expect((await onPhone('GET', '/api/me')).status).toBe(401)
  expect((await phone.get('/profile')).to).toBe('/relogin?next=%2Fprofile')
  expect((await page('GET', '/api/sessions')).json.sessions).toHaveLength(1)
  expect(events.filter(({ kind }) => kind === 'session-ended')).toEqual([
    { kind: 'session-ended', userId: phones.user_id, sessionId: phones.id, reason: 'revoked' },
  ])
})

test('a session can end itself', async () => {
  const { page, onPhone, program, desks } = await annOnTwoDevices()
  expect((await page('DELETE', `/api/sessions/${desks.id}`)).status).toBe(204)
  expect((await page('GET', '/api/me')).status).toBe(401)
  expect((await page('DELETE', `/api/sessions/${desks.id}`)).status).toBe(401)
  expect((await onPhone('GET', '/api/me')).status).toBe(200)
  expect((await program('GET', '/api/me')).status).toBe(200)
})

test('a program ends sessions with its token, with or without a body', async () => {
  const { program, page, onPhone, phones, desks } = await annOnTwoDevices()
  const json = { 'content-type': 'application/json' }
  expect((await program('DELETE', `/api/sessions/${phones.id}`, undefined, json)).status).toBe(204)
  expect((await program('DELETE', `/api/sessions/${desks.id}`, { id: phones.id, userId: 'x' })).status).toBe(204)
  for (const ask of [onPhone, page]) expect((await ask('GET', '/api/me')).status).toBe(401)
})

test('an unknown, foreign, ended or malformed session id returns the same 404 and changes nothing', async () => {
  const { program, page, phones, users, deps, browser, advance } = await annOnTwoDevices({ FRESH_SECONDS: '3600' })
  const [eves, olds] = [browser(), browser()]
  await olds.post('/login', ann)
  const [old] = await listActiveSessions(deps, users.ann)
  advance(minutes(3))
  await page('PATCH', '/api/me', { name: 'Ann' }) // extends only the session of this browser
  await eves.post('/login', eve)
  advance(minutes(2))
  const [evesSession] = await listActiveSessions(deps, users.eve)
  const ids = [
    'x',
    old?.id,
    phones.id,
    evesSession?.id,
    users.ann.id,
    '%ZZ',
    '%',
    '%00',
    'a%2Fb',
    '..%2Ftokens',
    'ä',
    '_'.repeat(5000),
  ]
  const answers = []
  for (const ask of [page, program]) for (const id of ids) answers.push(await ask('DELETE', `/api/sessions/${id}`))
  const [first] = answers
  for (const { status, html, headers } of answers)
    expect([status, html, [...headers]]).toEqual([404, first?.html ?? '', [...(first?.headers ?? [])]])
  expect((await eves.get('/api/me')).status).toBe(200)
})

test('a cross-site request with a session ends no session, and a token needs no origin', async () => {
  const { page, program, phones, desks } = await annOnTwoDevices()
  const evil = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }
  expect((await page('DELETE', `/api/sessions/${phones.id}`, undefined, evil)).status).toBe(403)
  expect((await page('PATCH', '/api/me', { name: 'Eve' }, evil)).status).toBe(403)
  expect((await page('GET', '/api/sessions')).json.sessions).toHaveLength(2)
  expect(await program('DELETE', `/api/sessions/${desks.id}`, undefined, evil)).toMatchObject({ status: 204, set: [] })
  expect((await page('GET', '/api/me')).status).toBe(401)
})

test('a stale session cannot end sessions, and a token needs only its scope', async () => {
  const { page, program, phones, advance } = await annOnTwoDevices({ FRESH_SECONDS: '60' })
  advance(minutes(1))
  const { status, json } = await page('DELETE', `/api/sessions/${phones.id}`)
  expect([status, json.title]).toEqual([401, 'Password required'])
  expect((await program('DELETE', `/api/sessions/${phones.id}`)).status).toBe(204)
})
