import { readConfig } from '@/config/env'
import { openDeps } from '@/deps/deps'
import { days } from '@/lib/duration'
import { deleteBatch, type Cursor } from '@/model/retention/retention'

// Sweeps a database in which everything is over, so many batches of it: `bun tests/bench/retention-batch.ts DATABASE BATCHES`. How long
// each takes is how long a page has to wait for it.
const [database, batches] = Bun.argv.slice(2)
const inTime = Date.now() + days(200)
const url = `sqlite:${database}`
const deps = { ...(await openDeps(readConfig({ DATABASE_URL: url }))), now: () => inTime }
const took: number[] = []

for (let place: Cursor | undefined = { table: 0, after: '' }; place && took.length < Number(batches);) {
  const began = performance.now()
  place = await deleteBatch(deps, place)
  took.push(performance.now() - began)
  await Bun.sleep(5) // the server rests ten times as long
}
await deps.db.destroy()

took.sort((a, b) => a - b)
const at = (share: number) => took[Math.floor(took.length * share)] ?? 0
console.info(JSON.stringify({ batches: took.length, p50: at(0.5), p99: at(0.99), worst: took.at(-1) }))
