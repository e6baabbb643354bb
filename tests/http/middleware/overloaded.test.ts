import { expect, test } from 'bun:test'
import { createFairQueue } from '@/lib/fair-queue'
import { signupTest } from '../../support/features'
import { ann, annAndEve } from '../../support/people'

/** A site whose hash queue is busy and has no room. */
async function busySite() {
  const site = await annAndEve()
  const queue = createFairQueue({ concurrency: 1, maxWaiting: 0, maxWaitingPerKey: 0 })
  let end: () => void = () => undefined
  void queue.run('other', () => new Promise<void>((resolve) => (end = resolve)))
  Object.assign(site.deps.hashQueue, queue)
  return { ...site, end, anns: site.browser() }
}

test('a login while the hash queue is full returns 503 with Retry-After and changes nothing', async () => {
  const { anns, end, events } = await busySite()
  const observed = events.length
  const answer = await anns.post('/login', ann)
  expect([answer.status, answer.headers.get('retry-after'), answer.set]).toEqual([503, '2', []])
  expect(answer.html).toContain('The server is busy')
  expect(answer.html).toContain('Reload this page to send the form again')
  expect(events).toHaveLength(observed) // no failed login, because the password was not checked
  end()
  expect((await anns.post('/login', ann)).status).toBe(303)
})

test('an htmx login while the hash queue is full keeps the form and shows a message above it', async () => {
  const { anns } = await busySite()
  const answer = await anns.postHtmx('/login', ann)
  expect([answer.status, answer.headers.get('hx-retarget'), answer.headers.get('hx-reswap')]).toEqual([
    503,
    '#flash',
    'outerHTML',
  ])
  expect(answer.html).toStartWith('<p id="flash" class="error" role="alert">The server is busy')
})

signupTest('sign-up uses the same hash queue, and pages without a hash do not wait', async () => {
  const { anns } = await busySite()
  const zoe = { email: 'zoe@example.test', name: 'Zoe', password: 'violet marmalade kettle' }
  expect((await anns.post('/signup', zoe)).status).toBe(503)
  expect((await anns.get('/login')).status).toBe(200)
})

test('only a 503 page for a form tells the user to send it again', async () => {
  const { browser } = await annAndEve()
  const again = 'Reload this page'
  const foreign = await browser().post('/login', ann, { 'sec-fetch-site': 'cross-site' })
  expect([foreign.status, foreign.html.includes(again)]).toEqual([403, false])
  const { anns } = await busySite()
  expect((await anns.post('/login', ann)).html).toContain(again)
})
