import { afterEach, expect, setDefaultTimeout, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { ann, eve } from '../support/people'
import { stopStarted, waitUntilListening, start, withAuth } from '../support/process'
import { slowRequest } from '../support/slow-request'

afterEach(stopStarted)

setDefaultTimeout(20_000)

type Started = Awaited<ReturnType<typeof running>>

async function running(env: Record<string, string> = {}, flags: string[] = []) {
  const one = start({ LOG_FORMAT: 'json', ...env }, flags)
  await waitUntilListening(one)
  const post = (path: string, fields: Record<string, string>, init: RequestInit = {}) =>
    fetch(`${one.url}${path}`, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual', ...init })
  const file = one.settings.DATABASE_URL.replace('sqlite:', '')
  return { ...one, post, file }
}

/** Answered after all that came before it was read. */
const roundTrip = ({ url }: Started) => fetch(`${url}/healthz`)

const isRefused = ({ url }: Started) =>
  fetch(`${url}/healthz`, { keepalive: false }).then(
    () => false,
    () => true,
  )

test('a signal lets pending requests and queued hashes finish, rejects new connections and closes the database', async () => {
  const one = await running({ TRUST_PROXY: '1' })
  const slow = await slowRequest(one.settings.PORT, '/signup', ann)
  const signUp = async (n: number) => {
    const from = { headers: { 'x-forwarded-for': `192.0.2.${n}` } }
    return (await one.post('/signup', { ...eve, email: `eve${n}@example.test` }, from)).status
  }
  const answered = Promise.all(Array.from({ length: 12 }, (_, n) => signUp(n))) // more than are hashed at once
  await roundTrip(one)
  one.server.kill('SIGTERM')
  while (!(await isRefused(one))) await Bun.sleep(5)
  await slow.send()
  expect(await slow.answer).toBe('HTTP/1.1 303 See Other')
  expect(await answered).toEqual(Array.from({ length: 12 }, () => 303))
  expect(await one.server.exited).toBe(0)
  expect([existsSync(one.file), existsSync(`${one.file}-wal`)]).toEqual([true, false])
})

test('a second signal within a second, as a terminal and the runner send it, does not force the exit', async () => {
  const one = await running()
  const slow = await slowRequest(one.settings.PORT, '/signup', ann)
  await roundTrip(one)
  one.server.kill('SIGINT')
  while (!(await isRefused(one))) await Bun.sleep(5)
  one.server.kill('SIGINT')
  await Bun.sleep(50) // it may arrive
  await slow.send()
  expect(await slow.answer).toBe('HTTP/1.1 303 See Other')
  expect(await one.server.exited).toBe(0)
})

test('a later second signal forces the exit with code 1', async () => {
  const one = await running()
  const slow = await slowRequest(one.settings.PORT, '/signup', ann)
  await roundTrip(one)
  one.server.kill('SIGTERM')
  while (!(await isRefused(one))) await Bun.sleep(5)
  await Bun.sleep(1100) // past the echo of a terminal
  one.server.kill('SIGTERM')
  expect([await slow.answer, await one.server.exited]).toEqual(['cut off', 1])
})

test('an uncaught exception lets pending requests finish and exits with 1', async () => {
  const throwing = `export const auth = { on: { 'access-denied'() { setTimeout(() => { throw new Error('out of the blue') }) } } }`
  const one = await running({}, await withAuth(throwing))
  const slow = await slowRequest(one.settings.PORT, '/signup', ann)
  await fetch(`${one.url}/profile`, { redirect: 'manual' })
  while (!(await isRefused(one))) await Bun.sleep(5)
  await slow.send()
  expect([await slow.answer, await one.server.exited]).toEqual(['HTTP/1.1 303 See Other', 1])
})

test('a closed log pipe loses log lines, and the server keeps running', async () => {
  for (const LOG_FORMAT of ['json', 'pretty']) {
    const one = await running({ LOG_FORMAT }) // `listening` read until here, and closed the pipe
    for (let i = 0; i < 50; i++) expect((await fetch(`${one.url}/`)).status).toBe(200)
    one.server.kill('SIGTERM')
    expect(await one.server.exited).toBe(0)
  }
})
