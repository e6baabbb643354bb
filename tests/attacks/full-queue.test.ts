import { expect, test } from 'bun:test'
import { QueueFull } from '@/lib/fair-queue'
import { dumpDatabase } from '../support/dump-database'
import { ann, annAndEve, eve } from '../support/people'

test('three sources that fill the hash queue do not block other sources', async () => {
  const { browser, deps } = await annAndEve({ TRUST_PROXY: '1' })
  const held = Promise.withResolvers<void>()
  const arrived: string[] = []
  const { run } = deps.hashQueue
  deps.hashQueue.run = (source, work) => {
    arrived.push(source)
    return run(source, () => held.promise.then(work)) // keeps the queue full
  }
  const from = (i: number) => ({ 'x-forwarded-for': `10.0.0.${i % 3}` })
  const storm = Array.from({ length: 60 }, (_, i) =>
    browser().post('/login', { ...eve, email: `n${i}@example.test` }, from(i)),
  )
  while (arrived.length < 60) await Bun.sleep(1)
  const anns = browser().post('/login', ann, { 'x-forwarded-for': '10.0.9.9' })
  while (arrived.length < 61) await Bun.sleep(1)
  held.resolve()
  expect((await anns).status).toBe(303)
  const statuses = (await Promise.all(storm)).map(({ status }) => status)
  expect(new Set(statuses)).toEqual(new Set([422, 503]))
})

test('a login that the full hash queue rejects records nothing, for any address', async () => {
  const site = await annAndEve()
  const before = await dumpDatabase(site)
  site.deps.hashQueue.run = () => Promise.reject(new QueueFull('full'))
  for (let i = 0; i < 30; i++)
    expect((await site.browser().post('/login', { email: `n${i}@example.test`, password: 'wrong' })).status).toBe(503)
  expect(await dumpDatabase(site)).toEqual(before)
})
