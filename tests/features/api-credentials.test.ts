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
  ['nothing', () => ''],
  ['the scheme alone', () => 'Bearer'],
  ['the scheme and a space', () => 'Bearer '],
  ['the scheme in small letters', (text) => `bearer ${text}`],
  ['the scheme in capitals', (text) => `BEARER ${text}`],
  ['two spaces', (text) => `Bearer  ${text}`],
  ['a tab', (text) => `Bearer\t${text}`],
  ['no space', (text) => `Bearer${text}`],
  ['a colon', (text) => `Bearer: ${text}`],
  ['the scheme twice', (text) => `Bearer Bearer ${text}`],
  ['another scheme', (text) => `Token ${text}`],
  ['Basic', (text) => `Basic ${btoa(`ann:${text}`)}`],
  ['Basic with a password', () => `Basic ${btoa('ann@example.test:correct horse battery')}`],
  ['broken Basic', () => 'Basic %%%'],
  ['Digest', () => 'Digest username="ann", realm="x", response="0"'],
  ['two tokens', (text) => `Bearer ${text}, Bearer ${text}`],
  ['two bare tokens', (text) => `${text} ${text}`],
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
  ['no prefix', (text) => text.slice(branding.tokenPrefix.length)],
  ['capitals', (text) => `Bearer ${text.toUpperCase()}`],
  ['a sign less', (text) => `Bearer ${text.slice(0, -1)}`],
  ['a sign more', (text) => `Bearer ${text}0`],
  ['a checksum that is off by one', (text) => `Bearer ${text.slice(0, -1)}${last(text) === '0' ? '1' : '0'}`],
  ['a secret that is off by one', (text) => `Bearer ${withOtherSecret(text)}`],
  ['a look-alike of it with a right checksum', () => `Bearer ${lookAlike(branding.tokenPrefix + '0'.repeat(50))}`],
  ['control characters', (text) => `Bearer \u0001\u007f${text}`],
  ['a vertical tab', (text) => `\u000b${text}`],
  ['Latin letters', (text) => `Bearer ${text}\u00e4\u00ff`],
  ['a space that is none', (text) => `Bearer\u00a0${text}`],
  ['eight kilobytes', () => `Bearer ${'x'.repeat(8192)}`],
  ['the token, and eight kilobytes', (text) => `Bearer ${text}${' '.repeat(8192)}x`],
  ['a session', (text) => `session=${text}`],
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

test('a valid token works with and without the Bearer scheme', async () => {
  const { browser, text } = await annsProgram()
  for (const authorization of [`Bearer ${text}`, text])
    expect((await browser().get('/api/me', { authorization })).status).toBe(200)
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
