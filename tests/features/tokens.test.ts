import { expect, test } from 'bun:test'
import { branding } from '@/config/branding'
import { createApiToken } from '@/model/api-tokens/api-tokens'
import { days, hours, minutes } from '@/lib/duration'
import { ann, annAndEve, annLoggedIn, eve } from '../support/people'

const wanted = { name: 'backup script', scopes: 'profile:read', expires_days: '30' }

const NEW = '/settings/tokens/new'

const tokenIn = (html: string) => /<code id="new-token"[^>]*>([^<]*)</.exec(html)?.[1] ?? ''

async function annWithToken() {
  const site = await annLoggedIn()
  const { html } = await site.annsBrowser.post('/settings/tokens', wanted)
  const text = tokenIn(html)
  const { id } = await site.deps.db.selectFrom('api_tokens').select('id').executeTakeFirstOrThrow()
  const program = site.browser()
  const me = (token = text) => program.ask('/api/me', { headers: { authorization: `Bearer ${token}` } })
  return { ...site, text, id, me }
}

test('a new token is shown once, in the response that created it', async () => {
  const { annsBrowser } = await annLoggedIn()
  const { status, html, headers } = await annsBrowser.post('/settings/tokens', wanted)
  expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
  const text = tokenIn(html)
  expect(text).toMatch(new RegExp(`^${branding.tokenPrefix}[0-9a-z]{57}$`))
  expect(html).toContain('It is shown only once.')
  const page = await annsBrowser.get('/settings/tokens')
  expect(page.html).not.toContain(text)
  expect(page.html).not.toContain('new-token')
  expect(page.html).toContain(`${branding.tokenPrefix}…${text.slice(-4)}`)
  expect(page.html).toContain('<bdi>backup script</bdi>')
  expect(page.html).toContain('never used')
})

test('htmx receives a partial', async () => {
  const { annsBrowser } = await annLoggedIn()
  const { status, html } = await annsBrowser.postHtmx('/settings/tokens', wanted)
  expect([status, html.startsWith('<title>Token created')]).toEqual([200, true])
  expect(tokenIn(html)).toStartWith(branding.tokenPrefix)
})

test('the database holds only the hash of a token, and its checksum allows scanners to verify it', async () => {
  const { deps, text } = await annWithToken()
  const row = await deps.db.selectFrom('api_tokens').selectAll().executeTakeFirstOrThrow()
  expect(JSON.stringify(row)).not.toContain(text)
  expect(row.token_hash).toBe(new Bun.CryptoHasher('sha256').update(text).digest('hex'))
  expect(Number.parseInt(text.slice(-7), 36)).toBe(Bun.hash.crc32(text.slice(0, -7)))
})

test('creating a token requires a fresh login, and a stale login sees the list and no form', async () => {
  const { annsBrowser, advance } = await annLoggedIn({ SESSION_IDLE_SECONDS: '3600' })
  advance(minutes(5) - 1)
  expect((await annsBrowser.get(NEW)).html).toContain('name="expires_days"')
  expect((await annsBrowser.get('/settings/tokens')).html).toContain('password confirmed')
  advance(1)
  const { status, html } = await annsBrowser.get('/settings/tokens')
  expect(status).toBe(200)
  expect(html).toMatch(/password required.*<a href="\/settings\/tokens\/new"[^>]*>New token<\/a>/)
  expect(await annsBrowser.get(NEW)).toMatchObject({ status: 303, to: `/relogin?next=${encodeURIComponent(NEW)}` })
  expect(await annsBrowser.post('/settings/tokens', wanted)).toMatchObject({ status: 303, to: '/relogin' })
  expect(await annsBrowser.post('/relogin', { password: ann.password, next: NEW })).toMatchObject({
    to: '/resume', // the request is saved there
  })
  expect((await annsBrowser.get(NEW)).html).toContain('name="expires_days"')
})

test('a visitor is redirected to the login', async () => {
  const { browser } = await annAndEve()
  expect(await browser().get('/settings/tokens')).toMatchObject({ status: 303, to: '/login?next=%2Fsettings%2Ftokens' })
  expect(await browser().post('/settings/tokens', wanted)).toMatchObject({ status: 303, to: '/login' })
  expect(await browser().post('/settings/tokens/x/revoke')).toMatchObject({ status: 303, to: '/login' })
})

test('a token has exactly the chosen scopes, each alone or both', async () => {
  const { annsBrowser, deps } = await annLoggedIn()
  const scopes = [['profile:read'], ['profile:write'], ['profile:write', 'profile:read', 'profile:read']]
  for (const chosen of scopes)
    expect(
      (
        await annsBrowser.post('/settings/tokens', [
          ['name', 'x'],
          ...chosen.map((one): [string, string] => ['scopes', one]),
        ])
      ).status,
    ).toBe(200)
  const rows = await deps.db.selectFrom('api_tokens').select('scopes').execute()
  expect(rows.map(({ scopes }) => scopes).toSorted()).toEqual([
    'profile:read',
    'profile:read profile:write',
    'profile:write',
  ])
})

test('a token expires after 90 days by default and after at most one year', async () => {
  const { annsBrowser, deps } = await annLoggedIn()
  const cases: [Record<string, string>, number][] = [
    [{}, 90],
    [{ expires_days: '' }, 90],
    [{ expires_days: ' 1 ' }, 1],
    [{ expires_days: '365' }, 365],
  ]
  for (const [fields, lifetime] of cases) {
    await annsBrowser.post('/settings/tokens', { name: 'x', scopes: 'profile:read', ...fields })
    const { id, created_at, expires_at } = await deps.db.selectFrom('api_tokens').selectAll().executeTakeFirstOrThrow()
    expect(expires_at - created_at).toBe(days(lifetime))
    await deps.db.deleteFrom('api_tokens').where('id', '=', id).execute()
  }
})

test('each error appears beside its field, typed values stay, and no token is created', async () => {
  const { annsBrowser, deps } = await annLoggedIn()
  const cases: [Record<string, string>, string, string][] = [
    [{ name: '' }, 'name', 'Enter a name for the token.'],
    [{ name: ' ' }, 'name', 'Enter a name for the token.'],
    [{ name: 'x'.repeat(101) }, 'name', 'Use a name of at most 100 characters.'],
    [{ scopes: '' }, 'scopes', 'Choose at least one of the scopes.'],
    [{ scopes: 'users:write' }, 'scopes', 'Choose at least one of the scopes.'],
    ...['0', '366', '-1', '1.5', '1e2', 'ten', '0x10', '9999999999', '٣'].map(
      (expires_days): [Record<string, string>, string, string] => [
        { expires_days },
        'expires_days',
        'Use a whole number of days from 1 to 365.',
      ],
    ),
  ]
  for (const [fields, field, sentence] of cases) {
    const { status, html } = await annsBrowser.post('/settings/tokens', { ...wanted, ...fields })
    expect(status).toBe(422)
    expect(html).toContain(`<small id="${field}-error" class="field-error">${sentence}</small>`)
    expect(html.match(/ autofocus/g)).toHaveLength(1)
    expect(html).toMatch(new RegExp(`name="${field}"[^>]* aria-invalid="true"`))
    if (fields.name === undefined) expect(html).toContain('value="backup script"')
  }
  const mixed: [string, string][] = [
    ['name', 'x'],
    ['scopes', 'profile:read'],
    ['scopes', 'users:write'],
  ]
  expect((await annsBrowser.post('/settings/tokens', mixed)).status).toBe(422)
  expect(await deps.db.selectFrom('api_tokens').select('id').execute()).toEqual([])
})

const customDate = { ...wanted, expires_days: 'custom' }

test.each([
  ['2030-01-01', 12],
  ['2030-01-02', 36],
  ['2030-12-31', 365 * 24 - 12],
])('a token with the custom date %s expires at its end in UTC', async (expires_on, lifetime) => {
  const { annsBrowser, deps } = await annLoggedIn() // at noon
  expect((await annsBrowser.post('/settings/tokens', { ...customDate, expires_on })).status).toBe(200)
  const { created_at, expires_at } = await deps.db.selectFrom('api_tokens').selectAll().executeTakeFirstOrThrow()
  expect(expires_at - created_at).toBe(hours(lifetime))
})

test.each(['', '2029-12-31', '2031-01-01', '2030-02-30', '2030-13-01', 'tomorrow', '1e3', '+010000-01-01'])(
  'the custom date %j is an error beside its field, and the choice stays',
  async (expires_on) => {
    const { annsBrowser, deps } = await annLoggedIn()
    const { status, html } = await annsBrowser.post('/settings/tokens', { ...customDate, expires_on })
    expect(status).toBe(422)
    expect(html).toContain(
      '<small id="expires_on-error" class="field-error">Choose a date from 2030-01-01 to 2030-12-31.</small>',
    )
    expect(html).toMatch(/<input id="expires_on"[^>]* autofocus/)
    expect(choiceIn(html)).toEqual({ days: 'custom', date: expires_on })
    expect(await deps.db.selectFrom('api_tokens').select('id').execute()).toEqual([])
  },
)

/** The selected choice, and the custom date. */
const choiceIn = (html: string) => ({
  days: /name="expires_days" value="(\w+)" checked/.exec(html)?.[1],
  date: /<input id="expires_on"[^>]* value="([^"]*)"/.exec(html)?.[1],
})

test('the form keeps the chosen expiry, and shows another number of days as a date', async () => {
  const { annsBrowser } = await annLoggedIn()
  expect(choiceIn((await annsBrowser.get(NEW)).html)).toEqual({ days: '90', date: '' })
  const kept = async (fields: Record<string, string>) =>
    choiceIn((await annsBrowser.post('/settings/tokens', { ...wanted, ...fields, name: '' })).html)
  expect(await kept({ expires_days: '365' })).toEqual({ days: '365', date: '' })
  expect(await kept({ expires_days: '' })).toEqual({ days: '90', date: '' })
  expect(await kept({ expires_days: '2' })).toEqual({ days: 'custom', date: '2030-01-02' })
  expect(await kept({ expires_days: '30', expires_on: '2030-05-01' })).toEqual({ days: '30', date: '2030-05-01' })
  expect(await kept({ ...customDate, expires_on: '2030-05-01' })).toEqual({ days: 'custom', date: '2030-05-01' })
})

test('the list shows the number of tokens, and marks those that expire within seven days', async () => {
  const { annsBrowser, deps, users, advance } = await annLoggedIn()
  const token = { name: 'a', scopes: ['profile:read'] } as const
  await createApiToken(deps, users.ann, { ...token, lifetime: days(7) + minutes(1) })
  await createApiToken(deps, users.ann, { ...token, lifetime: days(30) })
  const list = async () => (await annsBrowser.get('/settings/tokens')).html
  expect(await list()).toContain('Active tokens <span class="count">2 of 20</span>')
  advance(minutes(1) - 1)
  expect(await list()).not.toContain('Expires soon')
  advance(1)
  expect((await list()).match(/Expires soon/g)).toHaveLength(1)
})

test('the confirmation names the token, and a foreign or unknown id has none', async () => {
  const { annsBrowser, id, text, me, as } = await annWithToken()
  const path = `/settings/tokens/${id}/revoke`
  expect((await annsBrowser.get('/settings/tokens')).html).toContain(`<a href="${path}"`)
  const { html } = await annsBrowser.get(path)
  expect(html).toContain('Revoke “backup script”?')
  expect(html).toContain(`1 API token ends now: ${branding.tokenPrefix}…${text.slice(-4)}.`)
  expect(html).toContain(`<form method="post" action="${path}"`)
  expect((await me()).status).toBe(200)
  const eves = await as(eve)
  const answers = [await eves.get(path), await eves.get('/settings/tokens/nothing/revoke')]
  expect(answers.map(({ status }) => status)).toEqual([404, 404])
  expect(answers[0]?.html).toBe(answers[1]?.html ?? '')
  await annsBrowser.post(path)
  expect((await annsBrowser.get(path)).status).toBe(404)
})

test('a user has at most twenty active tokens', async () => {
  const { annsBrowser, deps, users, advance } = await annLoggedIn({
    SESSION_IDLE_SECONDS: '2592000',
    FRESH_SECONDS: '2592000',
    SESSION_MAX_SECONDS: '2592000',
  })
  const token = { name: 'x', scopes: ['profile:read'], lifetime: days(1) } as const
  for (let i = 1; i < 20; i++) await createApiToken(deps, users.ann, token)
  const made = await Promise.all([1, 2, 3].map(() => annsBrowser.copy().post('/settings/tokens', wanted)))
  expect(made.map(({ status }) => status).toSorted()).toEqual([200, 422, 422])
  expect(made.find(({ status }) => status === 422)?.html).toContain(
    'You have 20 tokens, the maximum. Revoke one first.',
  )
  expect((await annsBrowser.get(NEW)).html).toContain('You have 20 tokens, the maximum. Revoke one first.')
  advance(days(1))
  expect((await annsBrowser.post('/settings/tokens', wanted)).status).toBe(200)
})

test('a revoked token stops working at once, and the page confirms it', async () => {
  const { annsBrowser, id, me } = await annWithToken()
  expect((await me()).status).toBe(200)
  expect(await annsBrowser.post(`/settings/tokens/${id}/revoke`)).toMatchObject({ status: 303, to: '/settings/tokens' })
  const { html } = await annsBrowser.get('/settings/tokens')
  expect(html).toContain('Token revoked.')
  expect(html).toContain('No tokens yet')
  expect((await me()).status).toBe(401)
})

test('a user cannot revoke a token of another user and learns nothing about it', async () => {
  const site = await annWithToken()
  const eves = await site.as(eve)
  const unknown = await eves.post('/settings/tokens/nothing/revoke')
  const anns = await eves.post(`/settings/tokens/${site.id}/revoke`)
  expect([anns.status, anns.html]).toEqual([404, unknown.html])
  expect((await site.me()).status).toBe(200)
})

test('revoking twice has the same effect as once', async () => {
  const { annsBrowser, id, events } = await annWithToken()
  const revokes = await Promise.all([1, 2, 3].map(() => annsBrowser.copy().post(`/settings/tokens/${id}/revoke`)))
  expect(revokes.map(({ status }) => status).toSorted()).toEqual([303, 404, 404])
  expect(events.filter(({ kind }) => kind === 'token-revoked')).toHaveLength(1)
})

test('a password change revokes all tokens, and the page says so beforehand', async () => {
  const { annsBrowser, me } = await annWithToken()
  expect((await annsBrowser.get('/settings/password')).html).toContain('revokes your API tokens')
  await annsBrowser.post('/settings/password', { password: ann.password, new_password: 'five boxing wizards' })
  expect((await me()).status).toBe(401)
})
