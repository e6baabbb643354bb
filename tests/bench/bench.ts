import { seconds } from '@/lib/durations'

// Side by side on one machine in one run, so that the ratios hold where the figures do not. A round asks each contestant in
// turn; the medians of the rounds are shown.
const ROUNDS = 3
const ROUND_MS = seconds(2)

const cases = [
  { name: 'Bun.serve, the bytes of the profile page', kind: 'floor', path: '/profile' },
  { name: 'bare Elysia, the same bytes', kind: 'elysia', path: '/profile' },
  { name: 'Latchkey, home page of a visitor', kind: 'latchkey', path: '/' },
  { name: 'Latchkey, profile page of a user', kind: 'latchkey', path: '/profile', isUser: true },
]

type Result = { perSecond: number; p50: number; p99: number }

const run = (file: string, ...parameters: string[]) =>
  Bun.spawn([process.execPath, `tests/bench/${file}.ts`, ...parameters], { stdout: 'pipe', stderr: 'inherit' })

async function openContestant(kind: string, port: number) {
  const server = run('serve', kind, `${port}`)
  for await (const chunk of server.stdout)
    return { server, port, ...(JSON.parse(new TextDecoder().decode(chunk)) as { cookie: string }) }
  throw new Error(`${kind} did not start`)
}

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

const kinds = [...new Set(cases.map(({ kind }) => kind))]
const contestants = new Map(
  await Promise.all(kinds.map(async (kind, i) => [kind, await openContestant(kind, 4310 + i)] as const)),
)
const results = cases.map((): Result[] => [])

for (let round = 0; round <= ROUNDS; round++)
  for (const [i, { kind, path, isUser }] of cases.entries()) {
    const { port, cookie } = contestants.get(kind) ?? { port: 0, cookie: '' }
    const load = run('load', `http://localhost:${port}${path}`, isUser ? cookie : '', `${ROUND_MS}`)
    const result = JSON.parse(await new Response(load.stdout).text()) as Result
    if (round > 0) results[i]?.push(result) // the first round warms up
  }

for (const { server } of contestants.values()) server.kill()

const rows = cases.map(({ name }, i) => {
  const of = (key: keyof Result) => median((results[i] ?? []).map((result) => result[key]))
  return { name, perSecond: of('perSecond'), p50: of('p50'), p99: of('p99') }
})
const bare = rows[1]?.perSecond ?? 1
console.info('| what | requests/s | of bare Elysia | p50 ms | p99 ms |\n|---|--:|--:|--:|--:|')
for (const { name, perSecond, p50, p99 } of rows)
  console.info(
    `| ${name} | ${Math.round(perSecond)} | ${(perSecond / bare).toFixed(2)} | ${p50.toFixed(2)} | ${p99.toFixed(2)} |`,
  )
