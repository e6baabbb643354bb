import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { branding } from '@/config/branding'
import { days, minutes, seconds } from '@/lib/duration'
import { createApiToken } from '@/model/api-tokens/api-tokens'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { annsProgram, apiOf } from '../support/api'
import { logLines } from '../support/no-stray-errors'
import { annAndEve } from '../support/people'
import { makeToken } from '../support/tokens'

const last = (text: string) => text.slice(-1)

function withOtherSecret(text: string) {
  const start = branding.tokenPrefix.length
  return `${text.slice(0, start)}${text[start] === '0' ? '1' : '0'}${text.slice(start + 1)}`
}

const SHAPES: [name: string, of: (text: string) => string][] = [
  ['the scheme alone', () => 'Bearer'],
  ['the scheme and a space', () => 'Bearer '],
  ['a tab', (text) => `Bearer\t${text}`],
  ['no space', (text) => `Bearer${text}`],
  ['a colon', (text) => `Bearer: ${text}`],
  ['the scheme twice', (text) => `Bearer Bearer ${text}`],
  ['two tokens', (text) => `Bearer ${text}, Bearer ${text}`],
  ['two bare tokens', (text) => `${text} ${text}`],
  ['a token after Basic', (text) => `Basic ${btoa('ann:x')}, Bearer ${text}`],
  ['a bare token after Basic', (text) => `Basic ${btoa('ann:x')}, ${text}`],
  ['Basic after a token', (text) => `bearer ${text}, Basic ${btoa('ann:x')}`],
  ['a bare token that is cut off', (text) => text.slice(0, 20)],
  ['a comma behind', (text) => `Bearer ${text},`],
  ['a semicolon behind', (text) => `${text};`],
  ['a word behind', (text) => `Bearer ${text} x`],
  ['quotes', (text) => `Bearer "${text}"`],
  ['null', () => 'Bearer null'],
  ['undefined', () => 'Bearer undefined'],
  ['true', () => 'Bearer true'],
  ['zero', () => 'Bearer 0'],
  ['an object', () => 'Bearer [object Object]'],
  ['JSON', (text) => `Bearer {"token":"${text}"}`],
  ['a list', (text) => `Bearer ["${text}"]`],
  ['SQL', () => `Bearer ' or 1=1 --`],
  ['the prefix alone', () => `Bearer ${branding.tokenPrefix}`],
  ['another prefix', (text) => `Bearer x${text}`],
  ['capitals', (text) => `Bearer ${text.toUpperCase()}`],
  ['a sign less', (text) => `Bearer ${text.slice(0, -1)}`],
  ['a sign more', (text) => `Bearer ${text}0`],
  ['a checksum that is off by one', (text) => `Bearer ${text.slice(0, -1)}${last(text) === '0' ? '1' : '0'}`],
  ['a secret that is off by one', (text) => `Bearer ${withOtherSecret(text)}`],
  ['a look-alike of it with a right checksum', () => `Bearer ${lookAlike(branding.tokenPrefix + '0'.repeat(50))}`],
  ['control characters', (text) => `Bearer \u0001\u007f${text}`],
  ['Latin letters', (text) => `Bearer ${text}\u00e4\u00ff`],
  ['a space that is none', (text) => `Bearer\u00a0${text}`],
  ['eight kilobytes', () => `Bearer ${'x'.repeat(8192)}`],
  ['the token, and eight kilobytes', (text) => `Bearer ${text}${' '.repeat(8192)}x`],
]

const lookAlike = (text: string) => text + Bun.hash.crc32(text).toString(36).padStart(7, '0')

test.each(SHAPES)('%s instead of a token returns 401, regardless of the session of the browser', async (_, of) => {
  const { annsBrowser, browser, text, events, ...site } = await annsProgram()
  const before = events.length
  for (const one of [browser(), annsBrowser])
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const path = method === 'DELETE' ? '/api/tokens/x' : '/api/me'
      const ask = apiOf({ browser }, one, { authorization: of(text) })
      const { status, set, headers } = await ask(method, path, method === 'PATCH' ? { name: 'Eve' } : undefined)
      expect([status, set, headers.get('www-authenticate')]).toEqual([401, [], 'Bearer'])
    }
  expect(events.slice(before).filter(({ kind }) => kind === 'token-used')).toEqual([])
  expect((await site.program('GET', '/api/me')).json.name).toBe('Ann')
})

test('a valid token works without the scheme, and with Bearer in any case and any number of spaces', async () => {
  const { browser, text } = await annsProgram()
  for (const scheme of ['Bearer ', 'bearer ', 'BEARER ', 'bEARER ', 'Bearer  ', 'bearer     ', ''])
    expect([scheme, (await browser().get('/api/me', { authorization: scheme + text })).status]).toEqual([scheme, 200])
})

const OTHER_SCHEMES: [name: string, of: (text: string) => string][] = [
  ['an empty header', () => ''],
  ['Basic', () => `Basic ${btoa('ann@example.test:correct horse battery')}`],
  ['Basic with a token as password', (text) => `Basic ${btoa(`ann:${text}`)}`],
  ['Basic in small letters', () => `basic ${btoa('staging:staging')}`],
  ['Basic without credentials', () => 'Basic'],
  ['broken Basic', () => 'Basic %%%'],
  ['Basic twice', () => `Basic ${btoa('a:b')}, Basic ${btoa('c:d')}`],
  ['Digest', () => 'Digest username="ann", realm="x", nonce="y", uri="/api/me", response="0"'],
  ['Negotiate', () => 'Negotiate YIIJvwYGKwYBBQUCoIIJszCC'],
  ['NTLM', () => 'NTLM TlRMTVNTUAABAAAAB4IIogAAAAA='],
  ['a signature', () => 'AWS4-HMAC-SHA256 Credential=x/y/z, SignedHeaders=host, Signature=0'],
  ['an unknown scheme', (text) => `Token ${text}`],
  ['a word', () => 'x'],
  ['a token without its prefix', (text) => text.slice(branding.tokenPrefix.length)],
  ['a pair', (text) => `session=${text}`],
]

test.each(OTHER_SCHEMES)('%s in the Authorization header is no API token', async (_, of) => {
  const { annsBrowser, browser, text, events } = await annsProgram()
  const headers = { authorization: of(text) }
  for (const path of ['/api/openapi.json', '/api/status'])
    for (const one of [browser(), annsBrowser])
      expect([path, (await one.get(path, headers)).status]).toEqual([path, 200])
  const page = apiOf({ browser }, annsBrowser, { ...headers, 'sec-fetch-site': 'same-origin' })
  expect((await page('GET', '/api/me')).json.name).toBe('Ann')
  expect((await page('PATCH', '/api/me', { name: 'Ann B.' })).json.name).toBe('Ann B.')
  const visitor = apiOf({ browser }, browser(), headers)
  for (const [method, path] of [
    ['GET', '/api/me'],
    ['PATCH', '/api/me'],
    ['DELETE', '/api/tokens/x'],
  ] as const) {
    const { status, set, headers: answered, json } = await visitor(method, path, method === 'PATCH' ? {} : undefined)
    expect([status, set, answered.get('www-authenticate')]).toEqual([401, [], 'Bearer'])
    expect(json.title).toBe('Authentication required')
  }
  expect(events.filter(({ kind }) => kind === 'token-used')).toEqual([])
})

test('another scheme is no proof of a program, so the origin of a request is checked', async () => {
  const { annsBrowser, text } = await annsProgram()
  const foreign = { 'sec-fetch-site': 'cross-site', 'content-type': 'application/json' }
  const rename = (authorization: string) =>
    annsBrowser.ask('/api/me', { method: 'PATCH', body: '{"name":"x"}', headers: { ...foreign, authorization } })
  for (const authorization of ['', 'Basic x', 'Digest x', 'x']) expect((await rename(authorization)).status).toBe(403)
  const embedded = { ...foreign, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', authorization: 'Basic x' }
  expect((await annsBrowser.ask('/api/me', { headers: embedded })).status).toBe(403)
  expect((await rename(`bearer ${text}`)).status).toBe(200)
})

test('a token works until one millisecond before its end and not at its end', async () => {
  const { program, advance } = await annsProgram()
  advance(days(90) - 1)
  expect((await program('GET', '/api/me')).status).toBe(200)
  advance(1)
  expect((await program('GET', '/api/me')).status).toBe(401)
})

test('the token of a deactivated user stops working and stays revoked after activation', async () => {
  const { program, deps, users } = await annsProgram()
  await deactivateUser(deps, users.ann, 'test')
  expect((await program('GET', '/api/me')).status).toBe(401)
  await activateUser(deps, users.ann, 'test')
  expect((await program('GET', '/api/me')).status).toBe(401)
})

test('the token of an account that was deactivated directly in the database stops working', async () => {
  const { program, deps, users } = await annsProgram()
  const close = (at: number | null) =>
    deps.db.updateTable('users').set({ deactivated_at: at }).where('id', '=', users.ann.id).execute()
  await close(deps.now())
  expect((await program('GET', '/api/me')).status).toBe(401)
  await close(null)
  expect((await program('GET', '/api/me')).status).toBe(200)
})

test('the last use is stored to the minute, and each request emits one event', async () => {
  const { program, page, advance, events, token, users } = await annsProgram()
  const lastUse = async () => (await page('GET', '/api/tokens')).json.tokens[0].last_used_at
  const used = []
  for (const wait of [0, minutes(1) - 1, 1, seconds(59)]) {
    advance(wait)
    await program('PATCH', '/api/me', { name: 'Ann' })
    used.push(await lastUse())
  }
  expect(used).toEqual([
    '2030-01-01T12:00:00.000Z',
    '2030-01-01T12:00:00.000Z',
    '2030-01-01T12:01:00.000Z',
    '2030-01-01T12:01:00.000Z',
  ])
  const observed = { kind: 'token-used', userId: users.ann.id, tokenId: token.id } as const
  expect(events.filter(({ kind }) => kind === 'token-used')).toEqual([observed, observed, observed, observed])
})

test('a request with a valid or invalid token does not read or expire the session', async () => {
  const { annsBrowser, text, advance, events } = await annsProgram()
  advance(minutes(5))
  for (const authorization of ['Bearer x', `Bearer ${text}`])
    for (const path of ['/api/me', '/api/nowhere', '/api/sessions']) await annsBrowser.get(path, { authorization })
  expect(events.filter(({ kind }) => kind === 'session-ended')).toEqual([])
})

test('the use of one token is not recorded for another token', async () => {
  const { program, page, evesProgram, deps, users } = await annsProgram()
  await createApiToken(deps, users.ann, { name: 'unused', scopes: ['profile:read'], lifetime: days(1) })
  await program('GET', '/api/me')
  const tokens: { name: string; last_used_at: string | null }[] = (await page('GET', '/api/tokens')).json.tokens
  expect(tokens.filter((one) => one.last_used_at === null).map(({ name }) => name)).toEqual(['unused'])
  const eves = await evesProgram()
  await eves('GET', '/api/me')
  expect((await page('GET', '/api/tokens')).json.tokens).toEqual(tokens)
})

test('a token sets no cookie, ends no session and is never fresh', async () => {
  const site = await annAndEve()
  const { guards, users, deps, browser, app, events } = site
  for (const [name, guard] of Object.entries({
    login: guards.loginRequired,
    fresh: guards.freshLoginRequired,
    freshPermissionRequired: guards.freshPermissionRequired('profile:read'),
    permissionRequired: guards.permissionRequired('profile:read'),
  }))
    app.use(new Elysia({ prefix: '/api/test' }).use(guard).get(`/${name}`, ({ reply }) => reply.json(name)))
  const made = { name: 'x', scopes: ['profile:read', 'profile:write'], lifetime: days(1) } as const
  const authorization = `Bearer ${(await makeToken(deps, users.ann, made)).text}`
  const statusOf = async (name: string) => {
    const { status, set } = await browser().get(`/api/test/${name}`, { authorization })
    expect(set).toEqual([])
    return status
  }
  expect([
    await statusOf('permissionRequired'),
    await statusOf('login'),
    await statusOf('fresh'),
    await statusOf('freshPermissionRequired'),
  ]).toEqual([200, 401, 401, 401])
  expect(events.filter(({ kind }) => kind === 'access-denied')).toHaveLength(3)
})

test('a token outside /api is ignored', async () => {
  const { browser, text, annsBrowser } = await annsProgram()
  const authorization = `Bearer ${text}`
  for (const path of ['/profile', '/dashboard', '/settings', '/apix', `/profile?token=${text}`])
    expect((await browser().get(path, { authorization })).status).not.toBe(200)
  expect((await annsBrowser.get('/profile', { authorization: 'Bearer x' })).status).toBe(200)
  expect(logLines.join('')).not.toContain(text)
})
