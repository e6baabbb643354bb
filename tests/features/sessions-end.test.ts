import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { annOnTwoDevices, sessionOf } from '../support/devices'
import { ann, annRemembered, eve } from '../support/people'
import { eventsDuring } from '../support/emitted-events'

type Browser = Awaited<ReturnType<typeof annOnTwoDevices>>['laptop']

const OPEN = { status: 200 }
const RELOGIN = { status: 303, to: '/relogin?next=%2Fprofile' }
const LOGIN = { status: 303, to: '/login?next=%2Fprofile' }

const end = (browser: Browser, id: string) => browser.post(`/settings/sessions/${id}/end`)

/** Ann's remembered phone has no active session; she uses her laptop. */
async function annsPhoneRests() {
  const { annsBrowser: phone, browser, advance, ...site } = await annRemembered()
  const { id } = await site.deps.db.selectFrom('sessions').select('id').executeTakeFirstOrThrow()
  advance(minutes(5))
  const laptop = browser('Laptop')
  await laptop.post('/login', ann)
  await laptop.get('/probe') // the first page after a login offers a passkey
  return { ...site, phone, laptop, pass: advance, browser, resting: id }
}

test('a session on another device ends at once, and its page asks for the password', async () => {
  const { laptop, phone, idOf } = await annOnTwoDevices()
  expect(await end(laptop, await idOf(phone))).toMatchObject({ status: 303, to: '/settings/sessions' })
  expect((await laptop.get('/settings/sessions')).html).toContain('Session ended.')
  expect(await phone.get('/profile')).toMatchObject(RELOGIN)
  expect((await phone.get('/relogin')).html).toContain('This session was ended from another device.')
  expect(await laptop.get('/profile')).toMatchObject(OPEN)
})

test('a remembered device whose session was ended restores no session', async () => {
  const site = await annOnTwoDevices()
  const remembered = await site.as(ann, { remembered: true })
  const { id } = await sessionOf(site, remembered)
  await end(site.laptop, id)
  expect(await remembered.get('/profile')).toMatchObject(RELOGIN)
  remembered.close()
  expect(await remembered.get('/profile')).toMatchObject(LOGIN)
  expect([...remembered.jar.keys()]).not.toContain('remember')
})

test('removing a device without a session deletes it and records an event with its last session', async () => {
  const { laptop, phone, resting, ...site } = await annsPhoneRests()
  await laptop.get('/settings/sessions')
  const events = await eventsDuring(site, async () => {
    expect(await end(laptop, resting)).toMatchObject({ status: 303, to: '/settings/sessions' })
  })
  expect(events).toEqual([{ kind: 'device-revoked', userId: site.users.ann.id, sessionId: resting }])
  expect(await phone.get('/profile')).toMatchObject(LOGIN)
  expect((await end(laptop, resting)).status).toBe(404)
})

test('a remembered device whose session expired since the page was shown is removed', async () => {
  const { phone, laptop, resting, ...site } = await annsPhoneRests()
  const events = await eventsDuring(site, async () => {
    expect(await end(laptop, resting)).toMatchObject({ status: 303, to: '/settings/sessions' })
  })
  const of = { userId: site.users.ann.id, sessionId: resting }
  expect(events).toEqual([
    { kind: 'session-ended', ...of, reason: 'idle' },
    { kind: 'device-revoked', ...of },
  ])
  expect(await phone.get('/profile')).toMatchObject(LOGIN)
})

test('ending the own session works like a logout and ends its remembered device', async () => {
  const { as, deps } = await annOnTwoDevices()
  const anns = await as(ann, { remembered: true })
  const { id } = await sessionOf({ deps }, anns)
  expect(await end(anns, id)).toMatchObject({ status: 303, to: '/' })
  expect([...anns.jar.keys()]).toEqual(['flash'])
  expect((await anns.get('/')).html).toContain('You have been logged out.')
  const ends = deps.db.selectFrom('sessions').select('ended_reason').where('id', '=', id)
  expect(await ends.executeTakeFirst()).toEqual({ ended_reason: 'logout' })
})

test('a foreign, unknown or ended session id gets the same response and changes nothing', async () => {
  const { laptop, phone, as, browser, idOf, ...site } = await annOnTwoDevices()
  const eves = await as(eve)
  const gone = await idOf(phone)
  await phone.post('/logout')
  const annsRests = browser()
  await annsRests.post('/login', { ...ann, remember: 'yes' })
  const ids = [gone, await idOf(laptop), await idOf(annsRests), 'x', 'end-others', '%00', `${await idOf(eves)}%20`]
  const events = await eventsDuring(site, async () => {
    const answers = []
    for (const id of ids) answers.push(await end(eves, id))
    const [first] = answers
    for (const { status, html } of answers) expect([status, html]).toEqual([404, first?.html ?? ''])
  })
  expect(events).toEqual([])
  for (const one of [laptop, eves, annsRests]) expect(await one.get('/profile')).toMatchObject(OPEN)
})

test('a user cannot remove a remembered device of another user', async () => {
  const { phone, laptop, as, resting } = await annsPhoneRests()
  await laptop.get('/settings/sessions')
  expect((await end(await as(eve), resting)).status).toBe(404)
  expect(await phone.get('/profile')).toMatchObject(OPEN)
})

test('ending an older session of a device in use ends the device', async () => {
  const { laptop, phone, resting } = await annsPhoneRests()
  await phone.get('/profile') // restores a new session
  expect((await end(laptop, resting)).status).toBe(303)
  expect((await phone.get('/profile')).status).toBe(303)
  expect((await end(laptop, resting)).status).toBe(404)
})

test.each([
  ['one', async ({ phone, idOf }: Awaited<ReturnType<typeof annOnTwoDevices>>) => `${await idOf(phone)}/end`],
  ['all others', async () => 'end-others'],
])('ending %s requires a fresh login', async (_, pathOf) => {
  const site = await annOnTwoDevices()
  const stale = await site.as(ann, { fresh: false })
  const path = `/settings/sessions/${await pathOf(site)}`
  expect(await stale.post(path)).toMatchObject({ status: 303, to: '/relogin' })
  expect(await site.phone.get('/profile')).toMatchObject(OPEN)
  expect(await stale.get(path)).toMatchObject({ status: 303, to: `/relogin?next=${encodeURIComponent(path)}` })
  expect((await stale.get('/settings/sessions')).html).toContain('password required')
  await stale.post('/relogin', { password: ann.password })
  expect(await stale.post('/resume')).toMatchObject({ status: 303, to: '/settings/sessions' })
  expect(await site.phone.get('/profile')).toMatchObject(RELOGIN)
})

test('ending all others ends sessions and remembered devices except the current ones', async () => {
  const { phone, laptop, as, browser, users, ...site } = await annsPhoneRests()
  const anns = await as(ann, { remembered: true })
  const eves = await as(eve, { remembered: true })
  const sessions = [anns, eves].map(({ jar }) => jar.get('session'))
  const events = await eventsDuring(site, async () => {
    expect(await anns.post('/settings/sessions/end-others')).toMatchObject({ status: 303, to: '/settings/sessions' })
  })
  expect(events.at(-1)).toEqual({ kind: 'sessions-revoked', userId: users.ann.id, by: users.ann.id })
  expect((await anns.get('/settings/sessions')).html).toContain('All other sessions have ended')
  expect(await laptop.get('/profile')).toMatchObject(RELOGIN)
  expect(await phone.get('/profile')).toMatchObject(LOGIN)
  expect([anns, eves].map(({ jar }) => jar.get('session'))).toEqual(sessions)
  for (const one of [anns, eves]) {
    expect(await one.get('/profile')).toMatchObject({ ...OPEN, set: [] })
    one.close()
    expect(await one.get('/profile')).toMatchObject(OPEN)
  }
  expect(await eventsDuring(site, () => anns.post('/settings/sessions/end-others'))).not.toContainEqual(
    expect.objectContaining({ kind: 'sessions-revoked' }),
  )
})

test('a cross-site request ends no session', async () => {
  const { laptop, phone, idOf } = await annOnTwoDevices()
  for (const path of [`${await idOf(phone)}/end`, 'end-others'])
    expect((await laptop.post(`/settings/sessions/${path}`, {}, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  expect(await phone.get('/profile')).toMatchObject(OPEN)
})

const pathOf = (id: string) => `/settings/sessions/${id}/end`

/** The heading, the text, the target of the form and its button, and the way back. */
function confirmationIn(html: string) {
  const [, main = ''] = html.split('<main')
  const textOf = (pattern: RegExp) => (pattern.exec(main)?.[1] ?? '').replaceAll(/<[^>]*>/g, '')
  return {
    title: textOf(/<h1[^>]*>(.*?)<\/h1>/),
    text: textOf(/<p dir="auto">(.*?)<\/p>/),
    action: textOf(/<form method="post" action="([^"]*)"/),
    button: textOf(/<button type="submit" class="danger">(.*?)<\/button>/),
    back: textOf(/<a href="([^"]*)"[^>]*>Cancel<\/a>/),
  }
}

test('the confirmation names the device and what ends', async () => {
  const site = await annOnTwoDevices({ TRUST_PROXY: '1' })
  const { laptop, phone, idOf, browser } = site
  const tablet = browser('Tablet')
  await tablet.post('/login', { ...ann, remember: 'yes' }, { 'x-forwarded-for': '203.0.113.77' })
  const of = async (id: string) => confirmationIn((await laptop.get(pathOf(id))).html)
  const [phoneId, tabletId, ownId] = [await idOf(phone), await idOf(tablet), await idOf(laptop)]
  expect(await of(phoneId)).toEqual({
    title: 'Log out “Phone”?',
    text: '1 session ends now. You must log in again with “Phone”.',
    action: pathOf(phoneId),
    button: 'Log out',
    back: '/settings/sessions',
  })
  expect((await of(tabletId)).text).toBe(
    '1 session from 203.0.113.x ends now. “Tablet” is no longer remembered. You must log in again with “Tablet”.',
  )
  expect((await of(ownId)).text).toStartWith('The session that you are using ends now. ')
  for (const one of [phone, tablet, laptop]) expect(await one.get('/profile')).toMatchObject(OPEN)
})

test('the confirmation of a remembered device without a session says that it is forgotten', async () => {
  const { laptop, phone, resting } = await annsPhoneRests()
  expect(confirmationIn((await laptop.get(pathOf(resting))).html)).toEqual({
    title: 'Forget “Test browser”?',
    text: '“Test browser” is no longer remembered. You must log in again with “Test browser”.',
    action: pathOf(resting),
    button: 'Forget',
    back: '/settings/sessions',
  })
  expect(await phone.get('/profile')).toMatchObject(OPEN) // restores another session of the same device
  expect(confirmationIn((await laptop.get(pathOf(resting))).html).title).toBe('Log out “Test browser”?')
})

test('the confirmation of all others counts what ends', async () => {
  const { laptop, phone, browser, as } = await annsPhoneRests()
  await as(eve, { remembered: true })
  const text = async () => confirmationIn((await laptop.get('/settings/sessions/end-others')).html).text
  const rest = ' You must log in again on other devices. API tokens keep working.'
  expect(await text()).toBe(`1 other device is no longer remembered.${rest}`)
  for (const remember of ['yes', '']) await browser('Tablet').post('/login', { ...ann, remember })
  expect(await text()).toBe(`2 other sessions end now. 2 other devices are no longer remembered.${rest}`)
  await laptop.post('/settings/sessions/end-others')
  expect(await text()).toBe('No other device is logged in or remembered.')
  await phone.post('/login', ann)
  expect(await text()).toBe(`1 other session ends now.${rest}`)
})

test('a foreign, unknown or ended session has no confirmation, like it has no end', async () => {
  const { laptop, phone, as, idOf } = await annOnTwoDevices()
  const eves = await as(eve)
  const gone = await idOf(phone)
  await phone.post('/logout')
  const answers = await Promise.all([gone, await idOf(laptop), 'x', '%00'].map((id) => eves.get(pathOf(id))))
  for (const { status, html } of answers) expect([status, html]).toEqual([404, answers[0]?.html ?? ''])
  expect((await laptop.get(pathOf(gone))).status).toBe(404)
})

test('the list links to the confirmations, and to that of all others only if there are others', async () => {
  const { laptop, phone, idOf } = await annOnTwoDevices()
  const list = async () => (await laptop.get('/settings/sessions')).html
  const own = `href="${pathOf(await idOf(laptop))}"`
  const others = '<a href="/settings/sessions/end-others"'
  expect(await list()).toContain(`<a href="${pathOf(await idOf(phone))}"`)
  expect([(await list()).includes(own), (await list()).includes(others)]).toEqual([false, true])
  await phone.post('/logout')
  expect((await list()).includes(others)).toBe(false)
})
