import { afterEach, expect, test } from 'bun:test'
import { Database } from 'bun:sqlite'
import { QueueFull } from '@/lib/fair-queue'
import { signupTest } from '../support/features'
import { takeLoggedErrors } from '../support/no-stray-errors'
import { ann, annAndEve } from '../support/people'
import { stopStarted, waitUntilListening, start } from '../support/process'

afterEach(stopStarted)

const wrongLogin = { email: ann.email, password: 'wrong' }

test('five of 200 concurrent wrong passwords for one account are checked, however often this repeats', async () => {
  const { browser, events } = await annAndEve({ TRUST_PROXY: '1' })
  for (let round = 0; round < 2; round++) {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        browser().post('/login', wrongLogin, { 'x-forwarded-for': `10.0.${round}.${i}` }),
      ),
    )
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(round === 0 ? 5 : 0)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(round === 0 ? [422, 429] : [429]))
  }
  expect(events.filter(({ kind }) => kind === 'login-failed')).toHaveLength(5)
})

test('twenty of 200 concurrent logins from one source are checked, for any addresses', async () => {
  const { browser } = await annAndEve()
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) => browser().post('/login', { ...wrongLogin, email: `n${i}@example.test` })),
  )
  const looked = answers.filter(({ status }) => status === 422)
  expect(looked.length).toBeGreaterThan(0)
  expect(looked.length).toBeLessThanOrEqual(20)
})

signupTest('a login while many are pending is told to wait one second, not ten minutes', async () => {
  const { browser } = await annAndEve({ TRUST_PROXY: '1' })
  const person = (i: number) => ({
    email: `pupil-${i}@example.test`,
    name: 'Pupil',
    password: 'violet marmalade kettle',
  })
  for (let i = 0; i < 30; i++)
    expect((await browser().post('/signup', person(i), { 'x-forwarded-for': '10.9.9.9' })).status).toBe(303)
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, i) => browser().post('/login', person(i), { 'x-forwarded-for': '10.0.0.1' })),
  )
  const waits = answers.filter(({ status }) => status === 429).map(({ headers }) => headers.get('retry-after'))
  expect(answers.filter(({ status }) => status === 303).length).toBeGreaterThanOrEqual(20)
  expect(waits.filter((wait) => wait !== '1')).toEqual([])
  expect((await browser().post('/login', person(29), { 'x-forwarded-for': '10.0.0.1' })).status).toBe(303)
})

test('a restarted server continues with the failure counts in its database', async () => {
  const first = start({ NODE_ENV: 'production' })
  await waitUntilListening(first)
  const post = (url: string) =>
    fetch(`${url}/login`, { method: 'POST', body: new URLSearchParams(wrongLogin), redirect: 'manual' })
  const answers = await Promise.all(Array.from({ length: 40 }, () => post(first.url)))
  expect(answers.filter(({ status }) => status === 422)).toHaveLength(5)
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(35)
  first.server.kill('SIGKILL')
  await first.server.exited

  const again = start({ DATABASE_URL: first.settings.DATABASE_URL, NODE_ENV: 'production' })
  await waitUntilListening(again)
  const looked = []
  for (let i = 0; i < 3; i++) looked.push((await post(again.url)).status)
  expect(looked).toContain(429)
  const db = new Database(first.settings.DATABASE_URL.replace('sqlite:', ''), { readonly: true })
  const [{ n } = { n: 0 }] = db.query<{ n: number }, []>('select count as n from login_failures').all()
  expect(n).toBe(5 + looked.filter((status) => status === 422).length)
  db.close()
})

const afterTwenty: [environment: string, statuses: number[]][] = [
  ['development', [422]],
  ['production', [422, 429]],
]

test.each(afterTwenty)(
  '21 wrong passwords from loopback to a server in %s get %j',
  async (NODE_ENV, expected) => {
    const server = start({ NODE_ENV })
    await waitUntilListening(server)
    const post = (i: number) =>
      fetch(`${server.url}/login`, {
        method: 'POST',
        body: new URLSearchParams({ ...wrongLogin, email: `n${i}@example.test` }),
        redirect: 'manual',
      })
    const seen = []
    for (let i = 0; i < 21; i++) seen.push((await post(i)).status)
    expect([...new Set(seen)]).toEqual(expected)
  },
  60_000,
) // each checks a hash of full cost

test('a login attempt that the hash queue rejects is not counted and gives no free attempt', async () => {
  const { browser, deps } = await annAndEve()
  const { run } = deps.hashQueue
  for (let i = 0; i < 4; i++) await browser().post('/login', wrongLogin)
  deps.hashQueue.run = () => Promise.reject(new QueueFull('full'))
  for (let i = 0; i < 10; i++) expect((await browser().post('/login', wrongLogin)).status).toBe(503)
  deps.hashQueue.run = run
  expect((await browser().post('/login', wrongLogin)).status).toBe(422)
  expect((await browser().post('/login', wrongLogin)).status).toBe(429)
})

test('no login succeeds while the failure counts cannot be written', async () => {
  const { browser, deps } = await annAndEve()
  await deps.db.schema.alterTable('login_failures').renameTo('lost').execute()
  expect((await browser().post('/login', ann)).status).toBe(500)
  expect((await browser().get('/login')).status).toBe(200)
  expect(takeLoggedErrors()).toHaveLength(1)
  await deps.db.schema.alterTable('lost').renameTo('login_failures').execute() // other tests use the database
})
