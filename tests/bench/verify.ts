import { readConfig } from '@/config/env'
import { seconds } from '@/lib/duration'
import { PASSWORD } from './accounts'

// The upper bound for logins: `bun tests/bench/verify.ts CONCURRENCY MS` only verifies passwords.
const [concurrency, ms] = Bun.argv.slice(2).map(Number)
const { memory, time } = readConfig({}).passwords.cost
const hash = await Bun.password.hash(PASSWORD, { algorithm: 'argon2id', memoryCost: memory, timeCost: time })
const startedAt = performance.now()
let done = 0

async function verifyRepeatedly() {
  while (performance.now() < startedAt + (ms ?? 0)) {
    await Bun.password.verify(PASSWORD, hash)
    done++
  }
}

await Promise.all(Array.from({ length: concurrency ?? 1 }, verifyRepeatedly))
console.info(JSON.stringify({ perSecond: done / ((performance.now() - startedAt) / seconds(1)) }))
