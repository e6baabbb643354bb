import { availableParallelism } from 'node:os'
import type { Plan } from './plan'
import { load, median, run, type Server } from './processes'
import { medianOf } from './pages'
import { atLeast, atMost, type Row } from './table'

const CORES = availableParallelism()
const MANY_LOGINS = 64
const PAGE_RATE = 50 // per second: the machine can serve it during any other work

const login = ({ users: { small } }: Plan) =>
  ({ ask: 'login', path: '/login', sessions: { count: small, of: small } }) as const

/** (f): logins, compared with their hashes alone. A 503 is repeated after its `Retry-After`. */
export async function measureLogins(site: Server, plan: Plan): Promise<Row[]> {
  const { rounds, loginMs } = plan
  const [bare, logins] = [new Map<number, number[]>(), new Map<number, Awaited<ReturnType<typeof load>>[]>()]
  for (let round = 0; round < rounds; round++) {
    for (const concurrency of new Set([1, CORES])) {
      const { perSecond } = await run<{ perSecond: number }>('tests/bench/verify.ts', `${concurrency}`, `${loginMs}`)
      bare.set(concurrency, [...(bare.get(concurrency) ?? []), perSecond])
    }
    for (const connections of [1, 8, MANY_LOGINS]) {
      const result = await load(site, { ...login(plan), connections, ms: loginMs })
      logins.set(connections, [...(logins.get(connections) ?? []), result])
    }
  }
  const bareRate = (concurrency: number) => median(bare.get(concurrency) ?? [])
  return [
    ...[...bare].map(([concurrency]): Row => ({
      id: `f bare ${concurrency}`,
      what: `bare \`Bun.password.verify\`, ${concurrency} at once`,
      value: bareRate(concurrency),
      unit: '/s',
    })),
    ...[...logins].map(([concurrency, results]): Row => {
      const { perSecond, cpu, p50, p99, rejected } = medianOf(results)
      const hashes = Math.min(concurrency, CORES)
      const ratio = perSecond / bareRate(hashes)
      const note = rejected > 0 ? `${rejected} of them got 503` : undefined
      return {
        id: `f ${concurrency}`,
        what: `logins, ${concurrency} at once`,
        value: perSecond,
        unit: '/s',
        of: `bare, ${hashes} at once`,
        ratio,
        cpu,
        p50,
        p99,
        note,
        ...atLeast(0.95, ratio),
      }
    }),
  ]
}

export const PAGE_AT_LOW_RATE = `the profile page, ${PAGE_RATE} times a second`
export const pageAtLowRate = ({ loginLoadMs, sessions }: Plan) =>
  ({ ask: 'page', path: '/profile', sessions, connections: 4, ms: loginLoadMs, perSecond: PAGE_RATE }) as const

/** (g): the delay of the profile page at a low rate, alone and during many logins. */
export async function measureLoginLoad(site: Server, plan: Plan): Promise<Row[]> {
  const { rounds, loginLoadMs } = plan
  const page = pageAtLowRate(plan)
  const [quiet, busy] = [[] as Awaited<ReturnType<typeof load>>[], [] as Awaited<ReturnType<typeof load>>[]]
  for (let round = 0; round < rounds; round++) {
    quiet.push(await load(site, page))
    const logins = load(site, { ...login(plan), connections: MANY_LOGINS, ms: loginLoadMs * 1.5 })
    await Bun.sleep(loginLoadMs / 4) // until the queue is full
    busy.push(await load(site, page))
    await logins
  }
  const [alone, loaded] = [medianOf(quiet), medianOf(busy)]
  const ratio = loaded.p99 / alone.p99
  return [
    {
      id: 'g quiet',
      what: `${PAGE_AT_LOW_RATE}, nothing else`,
      value: alone.p99,
      unit: 'ms p99',
      p50: alone.p50,
      p99: alone.p99,
    },
    {
      id: 'g',
      what: `${PAGE_AT_LOW_RATE}, during ${MANY_LOGINS} logins at once`,
      value: loaded.p99,
      unit: 'ms p99',
      of: 'the quiet p99',
      ratio,
      p50: loaded.p50,
      p99: loaded.p99,
      ...atMost(3, ratio),
    },
  ]
}
