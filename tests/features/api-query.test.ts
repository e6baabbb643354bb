import { expect, test } from 'bun:test'
import { annsProgram } from '../support/api'
import { logLines } from '../support/no-stray-errors'

const ON = { API_TOKEN_IN_QUERY: 'on' }

test('a token in the query works only if it is enabled', async () => {
  const off = await annsProgram()
  expect((await off.browser().get(`/api/me?token=${off.text}`)).status).toBe(401)
  expect((await off.annsBrowser.get('/api/me?token=x')).status).toBe(200) // the parameter is ignored
  const on = await annsProgram({ env: ON })
  expect(await on.browser().get(`/api/me?token=${on.text}`)).toMatchObject({ status: 200, set: [] })
  expect((await on.browser().get(`/profile?token=${on.text}`)).status).toBe(303)
})

test('a token in the query has its usual permissions and needs no origin', async () => {
  const { browser, text, program } = await annsProgram({ env: ON })
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'cross-site' }
  const ask = (query: string) =>
    browser().ask(`/api/me?${query}`, { method: 'PATCH', body: '{"name":"Ann B."}', headers })
  expect(await ask(`token=${text}`)).toMatchObject({ status: 200, set: [] })
  expect(await ask('token=x')).toMatchObject({ status: 401, set: [] })
  expect((await ask('')).status).toBe(403)
  expect((await program('GET', '/api/me')).json.name).toBe('Ann B.')
})

test('an Authorization header takes precedence over the query', async () => {
  const { browser, text } = await annsProgram({ env: ON })
  for (const authorization of ['', 'Bearer x', 'Basic x'])
    expect((await browser().get(`/api/me?token=${text}`, { authorization })).status).toBe(401)
  expect((await browser().get('/api/me?token=x', { authorization: `Bearer ${text}` })).status).toBe(200)
})

test.each([
  ['nothing', () => 'token='],
  ['no value', () => 'token'],
  ['a list', (text: string) => `token[]=${text}&token=`],
  ['a comma', (text: string) => `token=${text},${text}`],
  ['Bearer before it', (text: string) => `token=Bearer%20${text}`],
  ['a space behind it', (text: string) => `token=${text}%20`],
  ['a NUL', () => 'token=%00'],
  ['a NUL behind it', (text: string) => `token=${text}%00`],
  ['broken percent signs', () => 'token=%ZZ%'],
  ['broken UTF-8', () => 'token=%C0%80%FF'],
  ['null', () => 'token=null'],
  ['capitals', (text: string) => `token=${text.toUpperCase()}`],
  ['eight kilobytes', () => `token=${'x'.repeat(8192)}`],
])('%s in place of the query token returns 401, regardless of the session', async (_, queryOf) => {
  const { annsBrowser, browser, text } = await annsProgram({ env: ON })
  for (const one of [browser(), annsBrowser])
    expect(await one.get(`/api/me?${queryOf(text)}`)).toMatchObject({ status: 401, set: [] })
})

test('two tokens in the query return 400 (RFC 6750, section 3.1)', async () => {
  const { annsBrowser, browser, text } = await annsProgram({ env: ON })
  for (const query of [`token=${text}&token=${text}`, `token=${text}&token=`, `token=x&%74oken=${text}`])
    for (const one of [browser(), annsBrowser])
      expect(await one.get(`/api/me?${query}`)).toMatchObject({ status: 400, set: [] })
})

test.each(['TOKEN', 'token[]', 'access_token', 'api_token', 'x'])(
  'the query parameter %s is not a token',
  async (name) => {
    const { browser, annsBrowser, text } = await annsProgram({ env: ON })
    expect((await browser().get(`/api/me?${name}=${text}`)).status).toBe(401)
    expect((await annsBrowser.get(`/api/me?${name}=${text}`)).status).toBe(200)
  },
)

test('the log never contains a token, wherever it was sent', async () => {
  const { browser, text, program } = await annsProgram({ env: ON })
  await browser().get(`/api/me?token=${text}`)
  await browser().get(`/api/nothing?token=${text}`)
  await browser().get(`/api/me?token=${text}&token=${text}`)
  await browser().ask(`/api/me?token=${text}`, { method: 'PUT', headers: {} })
  await program('GET', '/api/me')
  expect(logLines.length).toBeGreaterThan(4)
  expect(logLines.join('')).not.toContain(text.slice(3, 20))
})
