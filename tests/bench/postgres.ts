import { readdirSync, readFileSync } from 'node:fs'
import { SQL } from 'bun'
import { openDb } from '@db/open'
import { seconds } from '@/lib/duration'
import { SECRET_KEYS } from './accounts'
import { hashPassword, session, SESSIONS_PER_USER, token, user } from './fill'
import type { Job, Outcome } from './load'
import type { Plan } from './plan'
import { median, run, startSite, type Server } from './processes'
import { measureRoundTrips } from './round-trips'

const CONNECTIONS = 16
const TICK = 10_000 // microseconds: /proc counts a hundredth of a second

type System = { name: string; servers: Server[] }
type Flow = { name: string; job: Pick<Job, 'ask' | 'path'> }
type Result = { perSecond: number; app: number; database: number; p50: number; p99: number }

const FLOWS: Flow[] = [
  { name: 'profile page', job: { ask: 'page', path: '/profile' } },
  { name: '`/api/me` with a token', job: { ask: 'token', path: '/api/me' } },
  { name: 'login', job: { ask: 'login', path: '/login' } },
]

/** Compares SQLite with one and two nodes on PostgreSQL, in turn on one machine. Returns two tables. */
export async function measurePostgres(server: string, sqlite: string, plan: Plan) {
  const url = new URL(server)
  url.pathname = `/bench_${process.pid}`
  await execute(server, `create database bench_${process.pid}`)
  try {
    await fillPostgres(url.href, plan.users.small)
    const rates = await measureRates(url.href, sqlite, plan)
    return { rates, roundTrips: await measureRoundTrips(url, plan) }
  } finally {
    await execute(server, `drop database bench_${process.pid} with (force)`)
  }
}

async function execute(url: string, statement: string) {
  const sql = new SQL({ url, max: 1 })
  await sql.unsafe(statement)
  await sql.close()
}

async function fillPostgres(url: string, users: number) {
  const db = await openDb(url)
  const hash = await hashPassword()
  for (let i = 0; i < users; i++) await db.insertInto('users').values(user(i, hash)).execute()
  for (let i = 0; i < users * SESSIONS_PER_USER; i++)
    await db.insertInto('sessions').values(session(i, users)).execute()
  await db.insertInto('api_tokens').values(token()).execute()
  await db.destroy()
}

async function measureRates(url: string, sqlite: string, plan: Plan) {
  const onPostgres = () => startSite('', { DATABASE_URL: url, SECRET_KEYS })
  const [one, two] = [await onPostgres(), await onPostgres()]
  const systems: System[] = [
    { name: 'SQLite, one process', servers: [await startSite(sqlite)] },
    { name: 'PostgreSQL, one node', servers: [one] },
    { name: 'PostgreSQL, two nodes', servers: [one, two] },
  ]
  const databasePids = backendsOf(url)
  const results = FLOWS.map(() => systems.map(() => [] as Result[]))
  for (let round = 0; round <= plan.rounds; round++)
    for (const [f, flow] of FLOWS.entries())
      for (const [s, system] of systems.entries()) {
        const result = await measureOne(system, flow, plan, databasePids)
        if (round > 0) results[f]?.[s]?.push(result)
      }
  await Promise.all([one, two, ...(systems[0]?.servers ?? [])].map((server) => server.stop()))
  return FLOWS.flatMap((flow, f) =>
    systems.map(({ name }, s) => ({ flow: flow.name, system: name, ...medianOf(results[f]?.[s] ?? []) })),
  )
}

/** The processes that serve this database. Those that write logs and pages for all databases are not counted. */
function backendsOf(url: string) {
  const sql = new SQL({ url, max: 1 })
  return async () => {
    const rows: { pid: number }[] = await sql`select pid from pg_stat_activity where datname = current_database()`
    return rows.map(({ pid }) => pid)
  }
}

async function measureOne({ servers }: System, { job }: Flow, plan: Plan, databasePids: () => Promise<number[]>) {
  const connections = CONNECTIONS / servers.length
  const ms = job.ask === 'login' ? plan.loginMs : plan.ms
  const { small } = plan.users
  const sessions = job.ask === 'login' ? { count: small, of: small } : plan.sessions
  const appPids = servers.flatMap(({ pid }) => [pid, ...childrenOf(pid)])
  const pidsBefore = await databasePids()
  const before = { app: timeOf(appPids), database: timeOf(pidsBefore) }
  const outcomes = await Promise.all(
    servers.map(({ port }) =>
      run<Outcome>('tests/bench/load.ts', JSON.stringify({ ...job, port, connections, ms, sessions })),
    ),
  )
  const done = Math.max(1, sum(outcomes.map((outcome) => outcome.done)))
  return {
    perSecond: sum(outcomes.map((outcome) => outcome.done / (outcome.ms / seconds(1)))),
    app: (timeOf(appPids) - before.app) / done,
    database: (timeOf(await databasePids()) - before.database) / done,
    p50: median(outcomes.map(({ p50 }) => p50)),
    p99: Math.max(...outcomes.map(({ p99 }) => p99)),
  }
}

const sum = (numbers: number[]) => numbers.reduce((total, n) => total + n, 0)

const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)

/** Processor time in microseconds. */
const timeOf = (pids: number[]) => sum(pids.map(ticksOf)) * TICK

function ticksOf(pid: number) {
  if (!readdirSync('/proc').includes(`${pid}`)) return 0
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const [user, system] = fields.split(' ').slice(11, 13).map(Number)
  return (user ?? 0) + (system ?? 0)
}

function medianOf(results: Result[]): Result {
  const of = (key: keyof Result) => median(results.map((result) => result[key]))
  return { perSecond: of('perSecond'), app: of('app'), database: of('database'), p50: of('p50'), p99: of('p99') }
}

type Measured = Awaited<ReturnType<typeof measurePostgres>>

export function ratesTableOf(rates: Measured['rates']) {
  const round = (n: number) => (n >= 100 ? Math.round(n).toLocaleString('en') : n.toFixed(n >= 10 ? 1 : 2))
  const rows = rates.map(({ flow, system, perSecond, app, database, p50, p99 }) =>
    [
      flow,
      system,
      `${round(perSecond)}/s`,
      round(app),
      database > 0 ? round(database) : '',
      round(p50),
      round(p99),
    ].join(' | '),
  )
  const head = 'flow | database | rate | app CPU µs | PostgreSQL CPU µs | p50 ms | p99 ms'
  return [head, '--- | --- | --: | --: | --: | --: | --:', ...rows].map((row) => `| ${row} |`).join('\n')
}

export const roundTripsTableOf = (flows: Measured['roundTrips']) =>
  ['flow | round trips', '--- | --:', ...flows.map(({ flow, count }) => `${flow} | ${count}`)]
    .map((row) => `| ${row} |`)
    .join('\n')
