import { seconds } from '@/lib/durations'

// Asks one address over a few connections for a while, in a process of its own: `bun tests/bench/load.ts URL COOKIE MS`.
const CONNECTIONS = 16
const [url = '', cookie = '', ms = '2000'] = Bun.argv.slice(2)
const headers = cookie ? { cookie } : undefined
const until = performance.now() + Number(ms)
const took: number[] = []

async function connection() {
  while (performance.now() < until) {
    const began = performance.now()
    const response = await fetch(url, { headers })
    await response.arrayBuffer()
    if (response.status !== 200) throw new Error(`${url} answered ${response.status}`)
    took.push(performance.now() - began)
  }
}

await Promise.all(Array.from({ length: CONNECTIONS }, connection))
took.sort((a, b) => a - b)
const at = (share: number) => took[Math.floor(took.length * share)] ?? 0
console.info(JSON.stringify({ perSecond: took.length / (Number(ms) / seconds(1)), p50: at(0.5), p99: at(0.99) }))
