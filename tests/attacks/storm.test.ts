import { afterEach, expect, test } from 'bun:test'
import { stopStarted, waitUntilListening, start } from '../support/process'

// Answers that cost nothing keep nobody waiting whose answer costs a hash.

afterEach(stopStarted)

const post = async (url: string, fields: Record<string, string>) => {
  const headers = { connection: 'close' } // a connection for each, as many a proxy makes them
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), headers, redirect: 'manual' })
  await answer.text()
  return answer.status
}

test('a sign-up succeeds while many failed logins are rate-limited', async () => {
  const started = start({ NODE_ENV: 'production' })
  await waitUntilListening(started)
  const its = { isOver: false, answered: 0 }
  const storm = Array.from({ length: 40 }, async () => {
    while (!its.isOver) {
      await post(`${started.url}/login`, { email: 'ann@example.test', password: 'guess' })
      its.answered++
    }
  })
  const end = Bun.sleep(4000).then(() => (its.isOver = true))
  await Bun.sleep(500)
  const zoe = { email: 'zoe@example.test', name: 'Zoe', password: 'violet marmalade kettle' }
  expect([await post(`${started.url}/signup`, zoe), its.isOver]).toEqual([303, false])
  its.isOver = true
  await Promise.all(storm)
  expect(its.answered).toBeGreaterThan(40)
  await end
}, 20_000)
