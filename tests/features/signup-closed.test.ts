import { expect, test } from 'bun:test'
import { readConfig } from '@/config/env'
import { user } from '../support/command-line'
import { ann } from '../support/people'
import { openSite } from '../support/site'

const closedSite = () => openSite({ SIGNUP: 'closed' })

test.each(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'])(
  'while sign-up is closed, %s /signup gets the answer of an unknown address',
  async (method) => {
    const browser = (await closedSite()).browser()
    const ask = async (path: string, headers: Record<string, string>) => {
      const { headers: answered, ...rest } = await browser.ask(path, { method, headers })
      return { ...rest, headers: Object.fromEntries(answered) }
    }
    const clients: Record<string, string>[] = [
      {},
      { 'hx-request': 'true', 'hx-request-type': 'partial' },
      { 'sec-purpose': 'prefetch' },
    ]
    for (const headers of clients) {
      const closed = await ask('/signup', headers)
      expect(closed).toEqual(await ask('/unknown', headers))
      expect(closed.status).toBe(404)
    }
  },
)

test('a form that is sent to a closed sign-up creates no account', async () => {
  const { browser, deps } = await closedSite()
  const form = { email: 'zoe@example.test', name: 'Zoe', password: 'violet marmalade kettle' }
  expect((await browser().post('/signup', form)).status).toBe(404)
  expect((await browser().postHtmx('/signup', form)).status).toBe(404)
  expect(await deps.db.selectFrom('users').select('id').execute()).toEqual([])
})

test.each<[string, Record<string, string>]>([
  ['closed', { SIGNUP: 'closed' }],
  ['open', {}],
])('while sign-up is %s, the pages of a visitor link to it accordingly', async (state, env) => {
  const site = await openSite(env)
  const browser = site.browser()
  const pages = site.app.routes
    .filter(({ method, path }) => method === 'GET' && !/assets|favicon|[:*]/.test(path))
    .map(({ path }) => path)
  const answers = [
    ...(await Promise.all([...pages, '/unknown', '/login?next=/settings'].map((path) => browser.get(path)))),
    ...(await Promise.all(pages.map((path) => browser.getHtmx(path)))),
    await browser.post('/login', { email: 'ann@example.test', password: 'wrong' }),
  ].filter(({ headers }) => headers.get('content-type')?.startsWith('text/html'))
  expect(answers.length).toBeGreaterThan(10)
  const linking = answers.filter(({ html }) => /href="[^"]*signup/.test(html))
  if (state === 'closed') expect(linking).toEqual([])
  else expect(linking.length).toBeGreaterThan(8)
})

test('while sign-up is closed, an account that an administrator creates can log in', async () => {
  const site = await closedSite()
  await user(site, ['create', ann.email, '--name', ann.name], ann.password)
  expect((await site.browser().post('/login', ann)).to).toBe('/profile')
})

test.each(['off', 'Closed', ''])('SIGNUP=%j stops the start', (SIGNUP) => {
  expect(() => readConfig({ SIGNUP })).toThrow(`SIGNUP is "${SIGNUP}" and should be "open" or "closed".`)
})
