import { availableParallelism } from 'node:os'
import type { Plan } from './plan'
import { load, median, run, type Server } from './processes'
import { middleOf } from './pages'
import { atLeast, atMost, type Row } from './table'

const CORES = availableParallelism()
const STORM = 64
const CALM = 50 // requests a second: so few that the machine has time for them beside anything

const login = ({ users: { small } }: Plan) =>
  ({ ask: 'login', path: '/login', people: { count: small, of: small } }) as const

/** (f): logins beside what their hashes alone would take. Whoever is sent away comes again when they are told to. */
export async function measureLogins(site: Server, plan: Plan): Promise<Row[]> {
  const { rounds, loginMs } = plan
  const [bare, logins] = [new Map<number, number[]>(), new Map<number, Awaited<ReturnType<typeof load>>[]>()]
  for (let round = 0; round < rounds; round++) {
    for (const atOnce of new Set([1, CORES])) {
      const { perSecond } = await run<{ perSecond: number }>('tests/bench/verify.ts', `${atOnce}`, `${loginMs}`)
      bare.set(atOnce, [...(bare.get(atOnce) ?? []), perSecond])
    }
    for (const connections of [1, 8, STORM]) {
      const result = await load(site, { ...login(plan), connections, ms: loginMs })
      logins.set(connections, [...(logins.get(connections) ?? []), result])
    }
  }
  const bareRate = (atOnce: number) => median(bare.get(atOnce) ?? [])
  return [
    ...[...bare].map(([atOnce]): Row => ({
      id: `f bare ${atOnce}`,
      what: `bare \`Bun.password.verify\`, ${atOnce} at once`,
      value: bareRate(atOnce),
      unit: '/s',
    })),
    ...[...logins].map(([atOnce, results]): Row => {
      const { perSecond, cpu, p50, p99, refused } = middleOf(results)
      const beside = Math.min(atOnce, CORES)
      const ratio = perSecond / bareRate(beside)
      const note = refused > 0 ? `${refused} of them sent away for a moment` : undefined
      return {
        id: `f ${atOnce}`,
        what: `logins, ${atOnce} at once`,
        value: perSecond,
        unit: '/s',
        of: `bare, ${beside} at once`,
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

/** (g): the profile page at a quiet pace, and at the same pace while many log in. */
export async function measureStorm(site: Server, plan: Plan): Promise<Row[]> {
  const { rounds, stormMs, people } = plan
  const page = { ask: 'page', path: '/profile', people, connections: 4, ms: stormMs, perSecond: CALM } as const
  const [quiet, stormy] = [[] as Awaited<ReturnType<typeof load>>[], [] as Awaited<ReturnType<typeof load>>[]]
  for (let round = 0; round < rounds; round++) {
    quiet.push(await load(site, page))
    const storm = load(site, { ...login(plan), connections: STORM, ms: stormMs * 1.5 })
    await Bun.sleep(stormMs / 4) // until it rages
    stormy.push(await load(site, page))
    await storm
  }
  const [calm, wild] = [middleOf(quiet), middleOf(stormy)]
  const ratio = wild.p99 / calm.p99
  const what = `the profile page, ${CALM} times a second`
  return [
    { id: 'g quiet', what: `${what}, nothing else`, value: calm.p99, unit: 'ms p99', p50: calm.p50, p99: calm.p99 },
    {
      id: 'g',
      what: `${what}, while ${STORM} log in at once`,
      value: wild.p99,
      unit: 'ms p99',
      of: 'the quiet p99',
      ratio,
      p50: wild.p50,
      p99: wild.p99,
      ...atMost(3, ratio),
    },
  ]
}
