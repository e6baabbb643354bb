import { readConfig } from '@/config/env'
import { openDeps } from '@/deps/deps'
import { days } from '@/lib/duration'
import { deleteBatch, type Cursor } from '@/model/retention/retention'

// `bun tests/bench/retention-batch.ts DATABASE BATCHES` runs retention batches on a database with expired rows only. A page
// has to wait for a running batch.
const [database, batches] = Bun.argv.slice(2)
const future = Date.now() + days(200)
const url = `sqlite:${database}`
const deps = { ...(await openDeps(readConfig({ DATABASE_URL: url }))), now: () => future }
const times: number[] = []

for (let cursor: Cursor | undefined = { table: 0, after: '' }; cursor && times.length < Number(batches);) {
  const startedAt = performance.now()
  cursor = await deleteBatch(deps, cursor)
  times.push(performance.now() - startedAt)
  await Bun.sleep(5) // the server pauses ten times as long
}
await deps.db.destroy()

times.sort((a, b) => a - b)
const at = (share: number) => times[Math.floor(times.length * share)] ?? 0
console.info(JSON.stringify({ batches: times.length, p50: at(0.5), p99: at(0.99), worst: times.at(-1) }))
