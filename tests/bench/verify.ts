import { readConfig } from '@/config/env'
import { seconds } from '@/lib/duration'
import { PASSWORD } from './crowd'

// What a login cannot be faster than: `bun tests/bench/verify.ts AT_ONCE MS` verifies passwords and does nothing else.
const [atOnce, ms] = Bun.argv.slice(2).map(Number)
const { memory, time } = readConfig({}).passwords.cost
const hash = await Bun.password.hash(PASSWORD, { algorithm: 'argon2id', memoryCost: memory, timeCost: time })
const began = performance.now()
let done = 0

async function keepVerifying() {
  while (performance.now() < began + (ms ?? 0)) {
    await Bun.password.verify(PASSWORD, hash)
    done++
  }
}

await Promise.all(Array.from({ length: atOnce ?? 1 }, keepVerifying))
console.info(JSON.stringify({ perSecond: done / ((performance.now() - began) / seconds(1)) }))
