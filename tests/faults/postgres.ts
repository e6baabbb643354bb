import { SQL } from 'bun'
import { seconds } from '@/lib/duration'
import { Browser, type Answer } from '../support/browser'
import { createPostgres, type PostgresServer } from '../support/postgres-server'
import { start, waitUntilListening } from '../support/process'

const ann = { email: 'ann@example.test', name: 'Ann', password: 'correct horse battery' }
const eve = { email: 'eve@example.test', name: 'Eve', password: 'violet marmalade kettle' }

type Measured = { status: number; ms: number; retryAfter: string | null }
type Site = { ann: Browser; eve: Browser; visitor: Browser; postgres: PostgresServer }
export type Fault = { name: string; figures: string; isExpected: boolean }

/** Stops, freezes and restarts a database server of its own under a running app, and holds a lock. */
export async function faultPostgres(): Promise<Fault[]> {
  const postgres = await createPostgres()
  try {
    await postgres.start()
    const app = start({ DATABASE_URL: postgres.url })
    await waitUntilListening(app)
    const open = () => new Browser((request) => fetch(request, { redirect: 'manual' }), app.url)
    const site = { ann: await logIn(open(), ann), eve: await logIn(open(), eve), visitor: open(), postgres }
    const session = site.ann.jar.get('session')
    const probes = probeHealth(open())
    const faults = [await holdAccountLock(site), await stopServer(site), await freezeServer(site)]
    const statuses = await probes.stop()
    const isKept = session !== undefined && site.ann.jar.get('session') === session
    faults.push({
      name: '… meanwhile',
      figures: `${statuses.length} health checks, ${statuses.filter((status) => status !== 200).length} failed; session cookie ${isKept ? 'kept' : 'LOST'}`,
      isExpected: statuses.every((status) => status === 200) && isKept,
    })
    app.server.kill('SIGTERM')
    await app.server.exited
    return faults
  } finally {
    await postgres.end()
  }
}

async function logIn(browser: Browser, person: typeof ann) {
  await browser.post('/signup', person)
  await browser.post('/login', person)
  await browser.get('/')
  return browser
}

async function holdAccountLock({ ann, eve, postgres }: Site): Promise<Fault> {
  const sql = new SQL({ url: postgres.url, max: 1 })
  const held = await sql.reserve()
  await held.unsafe('begin')
  const [user] = await held.unsafe(`select id from users where name = 'Ann' for update`)
  await held.unsafe('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`account ${user.id}`])
  const waiting = measure(() => ann.post('/profile', { name: 'Ann Lee' }))
  const page = await slowestWhile(waiting, () => eve.get('/profile'))
  const write = await waiting
  await held.unsafe('rollback')
  held.release()
  await sql.close()
  const after = await measure(() => ann.get('/profile'))
  return {
    name: 'another process locks an account',
    figures: `a write of this user: ${show(write)}; slowest page of another user ${show(page)}`,
    isExpected: isRefused(write, seconds(3.5)) && page.status === 200 && page.ms < seconds(1) && after.status === 200,
  }
}

async function stopServer({ ann, visitor, postgres }: Site): Promise<Fault> {
  await postgres.stop()
  const home = await measure(() => visitor.get('/'))
  const page = await measure(() => ann.get('/profile'))
  await postgres.start()
  const after = await firstSuccess(() => ann.get('/profile'))
  return {
    name: 'the server of the database stops, and starts',
    figures: `home page of a visitor ${show(home)}, a page ${show(page)}; after the start ${show(after)}`,
    isExpected: home.status === 200 && isRefused(page, seconds(1)) && after.status === 200 && after.ms < seconds(1),
  }
}

async function freezeServer({ ann, eve, postgres }: Site): Promise<Fault> {
  postgres.freeze()
  const first = await measure(() => ann.get('/profile'))
  const second = await measure(() => eve.get('/profile'))
  const write = await measure(() => eve.copy().post('/profile', { name: 'Eve Lee' }))
  postgres.resume()
  const after = await firstSuccess(() => ann.get('/profile'))
  return {
    name: 'the server of the database freezes, and continues',
    figures: `first page ${show(first)}, the next ${show(second)}, a write ${show(write)}; after the end ${show(after)}`,
    isExpected:
      isRefused(first, seconds(3.5)) &&
      [second, write].every((one) => isRefused(one, seconds(0.1))) &&
      after.status === 200 &&
      after.ms < seconds(3),
  }
}

const isRefused = ({ status, retryAfter, ms }: Measured, limit: number) =>
  status === 503 && retryAfter === '5' && ms < limit

const show = ({ status, ms }: Measured) => `${status} after ${Math.round(ms)} ms`

async function measure(ask: () => Promise<Answer>): Promise<Measured> {
  const startedAt = performance.now()
  const { status, headers } = await ask()
  return { status, ms: performance.now() - startedAt, retryAfter: headers.get('retry-after') }
}

/** The time until the first 200. */
async function firstSuccess(ask: () => Promise<Answer>): Promise<Measured> {
  const startedAt = performance.now()
  let answer = await measure(ask)
  while (answer.status !== 200 && performance.now() - startedAt < seconds(10)) {
    await Bun.sleep(20)
    answer = await measure(ask)
  }
  return { ...answer, ms: performance.now() - startedAt }
}

/** Prefers a request with an unexpected status. */
async function slowestWhile(end: Promise<unknown>, ask: () => Promise<Answer>) {
  const over = new AbortController()
  void end.finally(() => over.abort())
  let slowest = await measure(ask)
  while (!over.signal.aborted) {
    const one = await measure(ask)
    if (slowest.status === 200 && (one.status !== 200 || one.ms > slowest.ms)) slowest = one
    await Bun.sleep(20)
  }
  return slowest
}

function probeHealth(browser: Browser) {
  const statuses: number[] = []
  const over = new AbortController()
  const running = (async () => {
    while (!over.signal.aborted) {
      statuses.push((await browser.get('/healthz')).status)
      await Bun.sleep(50)
    }
  })()
  return {
    async stop() {
      over.abort()
      await running
      return statuses
    },
  }
}
