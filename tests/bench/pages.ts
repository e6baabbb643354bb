import { load, median, type Server } from './processes'
import type { Plan } from './plan'
import { atLeast, type Row } from './table'

type Contestant = { id: string; what: string; server: Server; ask: 'page' | 'visitor' | 'token'; path: string }

type Servers = { [Name in 'site' | 'floor' | 'elysia' | 'sessionApp']: Server }

/** (a) to (e) and (j): how fast pages are answered, each as often as it can be. */
export async function measurePages({ site, floor, elysia, sessionApp }: Servers, plan: Plan): Promise<Row[]> {
  const contestants: Contestant[] = [
    {
      id: 'a',
      what: 'the floor: `Bun.serve`, the bytes of the profile page',
      server: floor,
      ask: 'page',
      path: '/profile',
    },
    { id: 'b', what: 'bare Elysia, the same bytes', server: elysia, ask: 'page', path: '/profile' },
    {
      id: 'b2',
      what: 'a session app written by hand, the same bytes',
      server: sessionApp,
      ask: 'page',
      path: '/profile',
    },
    { id: 'c', what: 'the home page of a visitor', server: site, ask: 'visitor', path: '/' },
    { id: 'd', what: 'the profile page of a user, its slide included', server: site, ask: 'page', path: '/profile' },
    { id: 'e', what: '`/api/me` with a token', server: site, ask: 'token', path: '/api/me' },
  ]
  const idle = (await site.usage()).rss
  const measured = await inTurns(contestants, plan)
  const of = (id: string) => measured[contestants.findIndex((one) => one.id === id)]
  const rateOf = (id: string) => of(id)?.perSecond ?? 0
  return [
    ...contestants.map(({ id, what }): Row => {
      const { perSecond = 0, cpu, p50, p99 } = of(id) ?? {}
      const other = id === 'd' ? 'b2' : 'b' // a page behind a session is compared with one
      const ratio = perSecond / rateOf(other)
      const beside = id === 'b' ? {} : { of: `(${other})`, ratio }
      return {
        id,
        what,
        value: perSecond,
        unit: '/s',
        ...beside,
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

type Asked = Omit<Contestant, 'id' | 'what'> & { people?: { count: number; of: number } }

/** Asks each in its turn, several times over; the first time only warms up. */
export async function inTurns(contestants: Asked[], { rounds, ms, people }: Plan) {
  const results = contestants.map(() => [] as Awaited<ReturnType<typeof load>>[])
  for (let round = 0; round <= rounds; round++)
    for (const [i, { server, ...asked }] of contestants.entries()) {
      const result = await load(server, { people, connections: 16, ms, ...asked })
      if (round > 0) results[i]?.push(result)
    }
  return results.map(middleOf)
}

export const middleOf = (results: Awaited<ReturnType<typeof load>>[]) => {
  const of = (key: 'perSecond' | 'cpu' | 'p50' | 'p99' | 'rss' | 'refused') =>
    median(results.map((result) => result[key]))
  return {
    perSecond: of('perSecond'),
    cpu: of('cpu'),
    p50: of('p50'),
    p99: of('p99'),
    rss: of('rss'),
    refused: of('refused'),
  }
}
