import { load, median, type Server } from './processes'
import type { Plan } from './plan'
import { atLeast, type Row } from './table'

type Candidate = { id: string; what: string; server: Server; ask: 'page' | 'visitor' | 'token'; path: string }

type Servers = { [Name in 'site' | 'floor' | 'elysia' | 'sessionApp']: Server }

/** (a) to (e) and (j): the maximal rate of each page. */
export async function measurePages({ site, floor, elysia, sessionApp }: Servers, plan: Plan): Promise<Row[]> {
  const candidates: Candidate[] = [
    {
      id: 'a',
      what: 'the minimum: `Bun.serve` with the bytes of the profile page',
      server: floor,
      ask: 'page',
      path: '/profile',
    },
    { id: 'b', what: 'bare Elysia, the same bytes', server: elysia, ask: 'page', path: '/profile' },
    {
      id: 'b2',
      what: 'a hand-written session app, the same bytes',
      server: sessionApp,
      ask: 'page',
      path: '/profile',
    },
    { id: 'c', what: 'the home page of a visitor', server: site, ask: 'visitor', path: '/' },
    {
      id: 'd',
      what: 'the profile page of a user, with session extension',
      server: site,
      ask: 'page',
      path: '/profile',
    },
    { id: 'e', what: '`/api/me` with a token', server: site, ask: 'token', path: '/api/me' },
  ]
  const idle = (await site.usage()).rss
  const measured = await measureInTurn(candidates, plan)
  const of = (id: string) => measured[candidates.findIndex((one) => one.id === id)]
  const rateOf = (id: string) => of(id)?.perSecond ?? 0
  return [
    ...candidates.map(({ id, what }): Row => {
      const { perSecond = 0, cpu, p50, p99 } = of(id) ?? {}
      const other = id === 'd' ? 'b2' : 'b' // compared with another app that reads a session
      const ratio = perSecond / rateOf(other)
      const comparison = id === 'b' ? {} : { of: `(${other})`, ratio }
      return {
        id,
        what,
        value: perSecond,
        unit: '/s',
        ...comparison,
        cpu,
        p50,
        p99,
        ...(id === 'd' && atLeast(0.9, ratio)),
      }
    }),
    { id: 'j idle', what: 'memory after the start', value: idle / 2 ** 20, unit: 'MiB' },
    { id: 'j', what: 'memory under (d)', value: (of('d')?.rss ?? 0) / 2 ** 20, unit: 'MiB' },
  ]
}

type Target = Omit<Candidate, 'id' | 'what'> & { sessions?: { count: number; of: number } }

/** Measures the targets in turn. The first round warms up and is not counted. */
export async function measureInTurn(candidates: Target[], { rounds, ms, sessions }: Plan) {
  const results = candidates.map(() => [] as Awaited<ReturnType<typeof load>>[])
  for (let round = 0; round <= rounds; round++)
    for (const [i, { server, ...target }] of candidates.entries()) {
      const result = await load(server, { sessions, connections: 16, ms, ...target })
      if (round > 0) results[i]?.push(result)
    }
  return results.map(medianOf)
}

export const medianOf = (results: Awaited<ReturnType<typeof load>>[]) => {
  const of = (key: 'perSecond' | 'cpu' | 'p50' | 'p99' | 'rss' | 'rejected') =>
    median(results.map((result) => result[key]))
  return {
    perSecond: of('perSecond'),
    cpu: of('cpu'),
    p50: of('p50'),
    p99: of('p99'),
    rss: of('rss'),
    rejected: of('rejected'),
  }
}
