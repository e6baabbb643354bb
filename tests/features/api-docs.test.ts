import { expect, test } from 'bun:test'
import { annsProgram, fits, readOpenApi, type Operation } from '../support/api'
import { tokenTest } from '../support/features'
import { ann, annLoggedIn } from '../support/people'

const decode = (html: string) =>
  html
    .replaceAll('&quot;', '"')
    .replaceAll('&#x27;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')

const blocks = (html: string) =>
  [...html.matchAll(/<pre tabindex="0"><code data-copy="[^"]+">([^<]*)<\/code><\/pre>/g)].map(([, code = '']) =>
    decode(code),
  )

tokenTest('the API page is public and uses the layout of the site', async () => {
  const { browser, annsBrowser } = await annLoggedIn()
  const { status, html, headers, set } = await browser().get('/api/docs')
  expect([status, headers.get('content-type'), set]).toEqual([200, 'text/html; charset=utf-8', []])
  expect(html).toContain('<h1>API reference</h1>')
  expect(html).toContain('<a href="/settings/tokens">')
  expect(html).toContain('<a href="/api/openapi.json">')
  expect(html).not.toMatch(/https?:\/\/(?!localhost)/)
  expect((await annsBrowser.get('/api/docs')).html).toContain('<button type="submit">Logout</button>')
})

test('the API page lists every operation with its fields, and every link works', async () => {
  const site = await annLoggedIn()
  const { html } = await site.browser().get('/api/docs')
  const { paths } = await readOpenApi(site)
  for (const [path, methods] of Object.entries(paths))
    for (const [method, { operationId }] of Object.entries(methods)) {
      const card = html.split(`<section id="${operationId}"`)[1]?.split('</section>')[0] ?? ''
      expect(card).toMatch(new RegExp(`<span class="badge code \\w+">${method.toUpperCase()}</span>`))
      expect(card).toContain(`<code>${path}</code>`)
      expect(html.split(`<a href="#${operationId}">`)).toHaveLength(3) // in both forms of the contents
    }
  for (const word of [
    'sessions[].last_seen_at',
    'tokens[].scopes',
    'profile:write',
    '"password" | "email_code" | "passkey" | "remember_me"',
  ])
    expect(decode(html)).toContain(word)
  for (const [, id] of html.matchAll(/href="#(\w+)"/g)) expect(html).toContain(` id="${id}"`)
})

test('the examples for requests and responses match the schemas', async () => {
  const site = await annLoggedIn()
  const { html } = await site.browser().get('/api/docs')
  const document = await readOpenApi(site)
  let shown = 0
  const bodyOf = (command = '') => /-d '([^']*)'/.exec(command)?.[1] ?? []
  for (const { operationId, requestBody, responses } of Object.values(document.paths).flatMap(
    Object.values<Operation>,
  )) {
    const card = html.split(`<section id="${operationId}"`)[1]?.split('</section>')[0] ?? ''
    const schemas = [requestBody, responses['200']].flatMap((one) => one?.content?.['application/json']?.schema ?? [])
    const [command, ...answers] = blocks(card)
    const examples = [bodyOf(command), answers].flat().map((code) => JSON.parse(code))
    expect([operationId, examples.length]).toEqual([operationId, schemas.length])
    for (const [i, schema] of schemas.entries()) {
      expect([examples[i], fits(document, schema, examples[i])]).toEqual([examples[i], true])
      expect(JSON.stringify(examples[i])).not.toMatch(/\{\}|\[\]|null/) // each field has an example
      shown++
    }
  }
  expect(shown).toBeGreaterThan(4)
})

test('every operation has an example command that works', async () => {
  const { annsBrowser, browser, text, deps } = await annsProgram()
  const token = await deps.db.selectFrom('api_tokens').select('id').executeTakeFirstOrThrow()
  await browser().post('/login', ann)
  const session = await deps.db.selectFrom('sessions').select('id').executeTakeFirstOrThrow()
  const commands = blocks((await annsBrowser.get('/api/docs')).html).filter((code) => code.startsWith('curl '))
  const answers = []
  for (const command of commands) {
    const [, method = 'GET'] = /-X (\w+)/.exec(command) ?? []
    const [, path = ''] = /http:\/\/localhost(\S+)/.exec(command) ?? []
    const [, body] = /-d '([^']*)'/.exec(command) ?? []
    const id = path.includes('sessions') ? session.id : token.id
    const headers = [...command.matchAll(/-H "([^:]+): ([^"]+)"/g)].map(([, name = '', value = '']) => [name, value])
    const sent = Object.fromEntries(headers.map(([name, value = '']) => [name, value.replace('$TOKEN', text)]))
    const { status } = await browser().ask(path.replace('$ID', id), { method, body, headers: sent })
    answers.push([method, path, status])
  }
  expect(answers).toEqual([
    ['GET', '/api/me', 200],
    ['GET', '/api/status', 200],
    ['GET', '/api/me', 200],
    ['PATCH', '/api/me', 200],
    ['GET', '/api/sessions', 200],
    ['DELETE', '/api/sessions/$ID', 204],
    ['GET', '/api/tokens', 200],
    ['DELETE', '/api/tokens/$ID', 204],
  ])
})

test('the example problem is a real response', async () => {
  const { browser, program } = await annsProgram()
  const [problem] = blocks((await browser().get('/api/docs')).html).filter((code) => code.includes('about:blank'))
  expect((await program('PATCH', '/api/me', { name: '' })).json).toEqual(JSON.parse(problem ?? ''))
})

test('the page mentions tokens in the query only if they are enabled', async () => {
  const page = async (env: Record<string, string>) =>
    (await (await annLoggedIn(env)).browser().get('/api/docs')).html.includes('<code>?token=</code>')
  expect([await page({}), await page({ API_TOKEN_IN_QUERY: 'on' })]).toEqual([false, true])
})
