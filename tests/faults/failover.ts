import { SQL } from 'bun'
import { seconds } from '@/lib/duration'
import { Browser } from '../support/browser'
import { createPostgres, createStandby } from '../support/postgres-server'
import { start, stopStarted, waitUntilListening } from '../support/process'
import { randomIp } from './load'
import { promoteTwo } from './two-primaries'

// `bun run prove:failover` kills the primary under load, promotes the standby, and counts what was lost.
// Then it promotes two standbys of another primary.
const CLIENTS = 8
const BEFORE_KILL = seconds(4)
const BEFORE_PROMOTION = seconds(1.5)
const AFTER_PROMOTION = seconds(6)
const LIMIT = seconds(5)

type Result = { email: string; status: number; ms: number; startedAt: number }

const synchronous = { synchronous_standby_names: '*', synchronous_commit: 'remote_apply', wal_log_hints: 'on' }
const primary = await createPostgres(synchronous)
const servers = [primary]
try {
  await primary.start()
  const standby = await createStandby(primary, 'standby')
  servers.push(standby)
  await standby.start()
  const hosts = `127.0.0.1:${primary.port},127.0.0.1:${standby.port}`
  const app = start({ DATABASE_URL: `postgres://postgres@${hosts}/postgres`, TRUST_PROXY: '1' })
  await waitUntilListening(app)

  const over = new AbortController()
  const results: Result[] = []
  const probes: number[] = []
  const clients = Array.from({ length: CLIENTS }, (_, client) => signUpUntil(over.signal, app.url, client, results))
  const probe = probeUntil(over.signal, app.url, probes)
  await Bun.sleep(BEFORE_KILL)
  const killedAt = performance.now()
  primary.kill()
  await Bun.sleep(BEFORE_PROMOTION)
  await standby.promote()
  const promotedAt = performance.now()
  await Bun.sleep(AFTER_PROMOTION)
  over.abort()
  await Promise.all([...clients, probe])

  const sql = new SQL({ url: standby.url, max: 1 })
  const rows: { email: string }[] = await sql.unsafe('select email from users')
  await sql.close()
  const present = new Set(rows.map(({ email }) => email))
  const acknowledged = results.filter(({ status }) => status === 303)
  const lost = acknowledged.filter(({ email }) => !present.has(email))
  const statuses = Map.groupBy(results, ({ status }) => status)
  const slowest = Math.max(...results.map(({ ms }) => ms))
  const firstAfter = acknowledged.find(({ startedAt, ms }) => startedAt + ms > promotedAt)
  const unacknowledged = present.size - (acknowledged.length - lost.length)
  app.server.kill('SIGTERM')
  const code = await app.server.exited

  const ms = (time: number) => `${Math.round(time)} ms`
  const figures: [string, string, boolean][] = [
    ['sign-ups', [...statuses].map(([status, all]) => `${all.length} × ${status}`).join(', '), statuses.size <= 2],
    ['acknowledged, and present after the failover', `${acknowledged.length - lost.length}`, acknowledged.length > 20],
    ['acknowledged, and lost', `${lost.length}`, lost.length === 0],
    ['present, and not acknowledged', `${unacknowledged}`, unacknowledged <= CLIENTS],
    ['slowest response', ms(slowest), slowest < LIMIT],
    ['from the kill to the end of the promotion', ms(promotedAt - killedAt), true],
    [
      'from the promotion to the next sign-up',
      firstAfter ? ms(firstAfter.startedAt + firstAfter.ms - promotedAt) : 'never',
      firstAfter !== undefined,
    ],
    ['health checks', `${probes.length}`, probes.every((status) => status === 200)],
    ['exit code of the app', `${code}`, code === 0],
  ]
  const { both, one } = await promoteTwo()
  figures.push(
    ['a sign-up with two primaries of one timeline', `${both}`, both === 503],
    ['a sign-up after one of them was stopped', `${one}`, one === 303],
  )
  console.info('| figure | value | as expected |\n| --- | --- | --- |')
  for (const [name, value, isExpected] of figures) console.info(`| ${name} | ${value} | ${isExpected ? 'yes' : 'NO'} |`)
  process.exitCode = figures.every(([, , isExpected]) => isExpected) ? 0 : 1
} finally {
  await stopStarted()
  for (const server of servers) await server.end()
}
process.exit()

async function signUpUntil(end: AbortSignal, url: string, client: number, results: Result[]) {
  for (let count = 0; !end.aborted; count++) {
    const ip = randomIp()
    const email = `person${client}-${count}@example.test`
    const browser = new Browser((request) => {
      request.headers.set('x-forwarded-for', ip)
      return fetch(request, { redirect: 'manual' })
    }, url)
    const startedAt = performance.now()
    const form = { email, name: 'Person', password: `tin kettle ${client} of rain` }
    const status = await browser.post('/signup', form).then(
      (answer) => answer.status,
      () => 0, // the connection was closed
    )
    results.push({ email, status, startedAt, ms: performance.now() - startedAt })
    if (status !== 303) await Bun.sleep(50)
  }
}

async function probeUntil(end: AbortSignal, url: string, statuses: number[]) {
  while (!end.aborted) {
    statuses.push((await fetch(`${url}/healthz`)).status)
    await Bun.sleep(50)
  }
}
