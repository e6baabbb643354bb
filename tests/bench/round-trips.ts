import { startRelay } from '../support/relay'
import { emailOf, PASSWORD, SECRET_KEYS, sessionToken, USER_AGENT } from './accounts'
import type { Plan } from './plan'
import { startSite } from './processes'

// Counts what a network between the app and PostgreSQL delays: each time that the app sends after an answer.

const REPEATS = 9

export async function measureRoundTrips(url: URL, plan: Plan) {
  const relay = startRelay(url)
  const through = new URL(url)
  through.host = `127.0.0.1:${relay.port}`
  const site = await startSite('', { DATABASE_URL: through.href, SECRET_KEYS, DATABASE_POOL: '1' })
  const origin = `http://localhost:${site.port}`
  let visitor = 0
  const ask = async (path: string, status: number, init: RequestInit = {}, cookie = '') => {
    const headers = { 'user-agent': USER_AGENT, 'x-forwarded-for': `192.0.2.${++visitor % 256}`, cookie }
    const response = await fetch(`${origin}${path}`, { redirect: 'manual', ...init, headers })
    if (response.status !== status) throw new Error(`${path} returned ${response.status}`)
    return response.headers.getSetCookie().map((line) => line.split(';')[0])
  }
  const post = (path: string, fields: Record<string, string>, status = 303, cookie?: string) =>
    ask(path, status, { method: 'POST', body: new URLSearchParams(fields) }, cookie)
  let session = ''
  const { small } = plan.users
  const logIn = async (i: number) => {
    session = (await post('/login', { email: emailOf(i % small), password: PASSWORD })).join('; ')
  }
  type Flow = [name: string, work: (i: number) => Promise<unknown>, prepare?: (i: number) => Promise<unknown>]
  const flows: Flow[] = [
    ['home page of a visitor', () => ask('/', 200)],
    ['profile page, with a session extension', (i) => ask('/profile', 200, {}, `session=${sessionToken(i)}`)],
    ['profile page', () => ask('/profile', 200, {}, `session=${sessionToken(0)}`)],
    ['login in a new browser', logIn],
    ['login with the wrong password', (i) => post('/login', { email: emailOf(i % small), password: 'wrong' }, 422)],
    ['login with an unknown address', (i) => post('/login', { email: `x${i}@example.test`, password: 'wrong' }, 422)],
    ['logout', () => post('/logout', {}, 303, session), logIn],
  ]
  const measured: { flow: string; count: number }[] = []
  for (const [flow, work, prepare] of flows) {
    const counts: number[] = []
    for (let i = 1; i <= REPEATS; i++) {
      await prepare?.(i)
      counts.push(await relay.countDuring(() => work(i)))
    }
    measured.push({ flow, count: Math.min(...counts) }) // jobs in the background add some
  }
  await site.stop()
  relay.stop()
  return measured
}
