import { expect, test } from 'bun:test'
import { openSite } from '../support/site'

const closedSite = () => openSite({ SIGNUP: 'closed' })

test.each(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'])(
  'while sign-up is closed, %s /signup gets the answer of an unknown address',
  async (method) => {
    const browser = (await closedSite()).browser()
    const ask = async (path: string, headers: Record<string, string>) => {
      const { status, headers: answered, set } = await browser.ask(path, { method, headers })
      return { status, headers: Object.fromEntries(answered), set }
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
