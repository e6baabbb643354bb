import { afterEach, expect } from 'bun:test'
import { signupTest } from '../support/features'
import { stopStarted, waitUntilListening, start } from '../support/process'

// Cheap responses must not delay requests that need a password hash.

afterEach(stopStarted)

const post = async (url: string, fields: Record<string, string>) => {
  const headers = { connection: 'close' } // one connection per request, like many proxies
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), headers, redirect: 'manual' })
  await answer.text()
  return answer.status
}

signupTest(
  'a sign-up succeeds while many failed logins are rate-limited',
  async () => {
    const started = start({ NODE_ENV: 'production' })
    await waitUntilListening(started)
    const its = { isOver: false, answered: 0 }
    const storm = Array.from({ length: 40 }, async () => {
      while (!its.isOver) {
        await post(`${started.url}/login`, { email: 'ann@example.test', password: 'wrong' })
        its.answered++
      }
    })
    const deadline = setTimeout(() => (its.isOver = true), 40_000)
    await Bun.sleep(500)
    const zoe = { email: 'zoe@example.test', name: 'Zoe', password: 'violet marmalade kettle' }
    expect([await post(`${started.url}/signup`, zoe), its.isOver]).toEqual([303, false])
    its.isOver = true
    clearTimeout(deadline)
    await Promise.all(storm)
    expect(its.answered).toBeGreaterThan(40)
  },
  60_000,
)
