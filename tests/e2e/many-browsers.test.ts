import { expect, test } from 'bun:test'
import { seconds } from '@/lib/duration'
import { tokenTest } from '../support/features'
import { ann } from '../support/people'
import type { ListeningSite } from './chromium'
import { inTime } from './in-time'

/** Opens streams of other devices, which stay open like those of sleeping laptops. */
async function openStreams(site: ListeningSite, count: number) {
  const closing = new AbortController()
  const open: Response[] = [] // the garbage collector closes the stream of a response without a reference
  for (let i = 0; i < count; i++) {
    const { jar } = await site.as(ann, { userAgent: `Device ${i}` })
    const headers = {
      cookie: `session=${jar.get('session')}`,
      accept: 'text/event-stream',
      'user-agent': `Device ${i}`,
    }
    open.push(await fetch(`http://localhost:${site.port}/session/stream`, { headers, signal: closing.signal }))
  }
  return () => {
    expect(open.map(({ status }) => status)).toEqual(Array(count).fill(200))
    closing.abort()
  }
}

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0'

inTime((story) => {
  tokenTest('a browser receives events while ten other devices keep their streams open', async () => {
    const its = story()
    const { page, site } = its
    const close = await openStreams(site, 10)
    await its.logIn()
    const connected = page.waitForResponse('**/session/stream')
    await page.goto('/settings/sessions')
    await connected
    await site.as(ann, { userAgent: FIREFOX })
    await (await site.as(ann)).post('/settings/tokens', { name: 'backup', scopes: 'profile:read' }) // emits an event
    await page.waitForSelector('#sessions >> text=Firefox on Linux')
    close()
  })

  test('a browser whose stream was replaced does not connect again, and all its tabs poll', async () => {
    const its = story()
    const { page, site, context } = its
    await its.logIn()
    const other = await context.newPage()
    await other.goto('/dashboard')
    const asked: string[] = []
    context.on('request', (request) => asked.push(new URL(request.url()).pathname))
    const close = await openStreams(site, 10)
    for (let i = 0; i < 12; i++) {
      // Moving the clock would end a request that has no response yet, and its tab would poll no more.
      const polls = [page, other].map(async (tab) => (await tab.waitForResponse('**/session')).finished())
      await its.pass(seconds(10))
      await Promise.all(polls)
    }
    expect(asked).not.toContain('/session/stream')
    await (await site.as(ann)).post('/settings/sessions/end-others')
    await its.pass(seconds(10))
    await page.waitForURL('**/relogin?next=%2Fprofile')
    await other.waitForURL('**/relogin?next=%2Fdashboard')
    close()
  })
})
