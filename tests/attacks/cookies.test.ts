import { expect, test } from 'bun:test'
import { ann, annAndEve, annLoggedIn, annRemembered, eve } from '../support/people'
import { sessionOf } from '../support/devices'

const TO_LOGIN = { status: 303, to: '/login?next=%2Fprofile' }

test('an attacker cannot choose the session of a victim by path, field or header', async () => {
  const { browser, deps } = await annAndEve()
  const eves = browser()
  await eves.post('/login', eve)
  const chosen = eves.jar.get('session') ?? ''
  const given = { session: chosen, sid: chosen, 'session[]': chosen, session_id: (await sessionOf({ deps }, eves)).id }
  const query = `?${new URLSearchParams(given)}`
  const headers = { 'x-session-id': chosen, 'x-session': chosen, session: chosen, 'set-cookie': `session=${chosen}` }
  const anns = browser()
  for (const { status, html, set } of [
    await anns.get(`/login${query}`, headers),
    await anns.post(`/login${query}`, { ...given, ...ann }, headers),
  ])
    expect([status < 400, `${html}${set}`.includes(chosen)]).toEqual([true, false])
  expect(await browser().get(`/profile${query}`, headers)).toMatchObject({ status: 303 })
  expect((await sessionOf({ deps }, anns)).user_id).not.toBe((await sessionOf({ deps }, eves)).user_id)
})

test('on https only the cookie name with the exact prefix counts', async () => {
  const { annsBrowser, browser } = await annLoggedIn({ APP_URL: 'https://app.test' })
  const token = annsBrowser.jar.get('__Host-session')
  expect((await browser().get('/profile', { cookie: `__Host-session=${token}` })).status).toBe(200)
  for (const name of [
    '__HOST-session',
    '__host-session',
    '__Host-Session',
    '__Host-SESSION',
    '__Secure-session',
    '__Host--session',
    '_Host-session',
    'session',
    '__Host-session ',
    '%5F_Host-session',
    '$__Host-session',
  ])
    expect(await browser().get('/profile', { cookie: `${name}=${token}` })).toMatchObject(TO_LOGIN)
})

test('a session token with quotes, encoding or a changed byte does not authenticate', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  const token = annsBrowser.jar.get('session') ?? ''
  const [first = ''] = token
  for (const value of [
    'null',
    'undefined',
    `"${token}"`,
    `%${first.charCodeAt(0).toString(16)}${token.slice(1)}`,
    ` ${token}`,
    `${token} ; x=1`,
    `${token}=`,
    `${token}\t; x=1`,
    `${token}, x`,
    `${token}.x`,
    token.slice(1),
    token.slice(0, -1),
    `${token}A`,
    token.toLowerCase(),
    Bun.SHA256.hash(token, 'hex'),
    Bun.SHA256.hash(token, 'hex').slice(0, 43),
  ])
    expect([value, (await browser().get('/profile', { cookie: `session=${value}` })).to]).toEqual([value, TO_LOGIN.to])
})

test.each([
  ';',
  '=',
  ';;;=;;=x;x;',
  'session',
  '=session=TOKEN',
  'x=1, session=TOKEN',
  'x="; session=TOKEN"',
  'session =TOKEN',
  'x=1;  session=TOKEN',
  'session==TOKEN',
  'session=TOKEN; session=',
  'session=; session=TOKEN',
  'session=TOKEN;session=TOKEN',
])('a cookie header of %j contains no session', async (jar) => {
  const { annsBrowser, browser } = await annLoggedIn()
  const cookie = jar.replaceAll('TOKEN', annsBrowser.jar.get('session') ?? '')
  expect(await browser().get('/profile', { cookie })).toMatchObject(TO_LOGIN)
})

test('unusual or very many other cookies do not affect a session', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  const session = `session=${annsBrowser.jar.get('session')}`
  const many = Array.from({ length: 3000 }, (_, i) => `c${i}=v`).join('; ')
  for (const cookie of [
    `a; =; ;;${session}`,
    `x="${'y'.repeat(4000)}; ${session}`,
    `${many}; ${session}`,
    `$Version=1; ${session}`,
  ])
    expect((await browser().get('/profile', { cookie })).status).toBe(200)
})

test('two remember cookies are ignored without a security alert, and the device works afterwards', async () => {
  const { annsBrowser, browser, deps } = await annRemembered()
  const [token, forged] = [annsBrowser.jar.get('remember') ?? '', `${'A'.repeat(22)}.${'A'.repeat(43)}`]
  for (const cookie of [
    `remember=${token}; remember=${forged}`,
    `remember=${forged}; remember=${token}`,
    `remember=${token}; remember=${token}`,
  ])
    expect(await browser().get('/profile', { cookie })).toMatchObject({
      ...TO_LOGIN,
      set: [expect.stringMatching(/^flash=/)],
    })
  expect((await annsBrowser.get('/profile')).status).toBe(200)
  const ended = deps.db.selectFrom('remember_series').select('id').where('ended_at', 'is not', null)
  expect(await ended.execute()).toEqual([])
})

test.each([
  '{"a":1}',
  '[1]',
  'null',
  '.',
  '..',
  'x.y',
  "' or 1=1--.x",
  `${'A'.repeat(22)}.`,
  `.${'A'.repeat(43)}`,
  '%',
  'A'.repeat(9000),
])('a remember token of %j does not authenticate and is cleared', async (value) => {
  const { browser } = await annAndEve()
  const { status, to, set } = await browser().get('/profile', { cookie: `remember=${value}` })
  expect([status, to]).toEqual([303, TO_LOGIN.to])
  expect(set.filter((line) => line.startsWith('remember='))).toEqual([
    'remember=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
  ])
})

test.each([
  '<script>',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '{"a":1}',
  '%3Cb%3E',
  'x'.repeat(5000),
])('a flash, saved and device cookie of %j has no effect', async (value) => {
  const { browser } = await annAndEve()
  const plain = (await browser().get('/login')).html
  const cookie = `flash=${value}; saved=${value}; device=${value}`
  expect(await browser().get('/login', { cookie })).toMatchObject({ status: 200, html: plain })
  expect(await browser().post('/login', ann, { cookie })).toMatchObject({ status: 303, to: '/profile' })
})

test('twenty tabs and twenty logouts at once leave no session', async () => {
  const { annsBrowser, deps, advance } = await annLoggedIn()
  advance(10_000) // so that each page would extend the session
  const [tabs, doors] = [1, 2].map(() => Array.from({ length: 20 }, () => annsBrowser.copy()))
  const pages = await Promise.all(
    (tabs ?? [])
      .flatMap((tab, i) => [tab.get('/profile'), doors?.[i]?.post('/logout')])
      .filter((one) => one !== undefined),
  )
  expect(pages.every(({ status }) => status === 200 || status === 303)).toBe(true)
  const rows = await deps.db.selectFrom('sessions').selectAll().execute()
  expect(rows.map(({ ended_reason, token_hash }) => [ended_reason, token_hash])).toEqual([['logout', null]])
  for (const one of [annsBrowser, ...(tabs ?? [])]) expect(await one.get('/profile')).toMatchObject(TO_LOGIN)
})
