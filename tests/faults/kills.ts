import { Database } from 'bun:sqlite'
import { waitUntilListening, start } from '../support/process'
import { createCheck, createLoad, randomIp, type Load } from './load'

const CONCURRENCY = 8
const REGULAR = { email: 'regular@example.test', password: 'a regular of this site' }

type Round = { checked: number; lost: string[]; restart: number }

/** Kills a server under load, starts it again, and checks every change that a response had confirmed. */
export async function killUnderLoad(kills: number) {
  let one = await startServer({})
  const rounds: Round[] = []
  await fetch(`${one.url}/signup`, { method: 'POST', body: new URLSearchParams({ ...REGULAR, name: 'Regular' }) })
  for (let kill = 0; kill < kills; kill++) {
    const load = createLoad(one.url)
    const { server } = one
    const clients = Array.from({ length: CONCURRENCY }, (_, i) =>
      repeat(server, () => (i === 0 ? logInAgain(load) : load.runOne())),
    )
    const target = 5 + Math.random() * 60
    while (load.countConfirmed() < target) await Bun.sleep(Math.random() * 20)
    one.server.kill('SIGKILL')
    await one.server.exited
    await Promise.all(clients)
    one = await startServer(one.settings)
    const lost = [...(await listLost(load, one.url)), ...listInconsistencies(one.settings.DATABASE_URL)]
    rounds.push({ checked: load.countConfirmed(), lost, restart: one.took })
  }
  one.server.kill('SIGKILL')
  return rounds
}

async function startServer(settings: Record<string, string | undefined>) {
  const { PORT, DATABASE_URL } = settings
  const startedAt = performance.now()
  const one = start({ TRUST_PROXY: '1', ...(PORT && DATABASE_URL ? { PORT, DATABASE_URL } : {}) })
  await waitUntilListening(one)
  if ((await fetch(`${one.url}/healthz`)).status !== 200) throw new Error('health check failed')
  return { ...one, took: performance.now() - startedAt }
}

/** Repeats until the server is killed. An unexpected status is an error. On a busy machine a request may time out. */
async function repeat(server: Bun.Subprocess, work: () => Promise<unknown>) {
  while (!server.killed)
    try {
      await work()
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('status')) throw error
    }
}

/** Exceeds the maximum of active sessions. */
const logInAgain = (load: Load) => load.logIn(REGULAR.email, REGULAR.password, randomIp())

async function listLost(load: Load, url: string) {
  const check = createCheck(url)
  const lost: string[] = []
  for (const [key, expected] of load.passwords)
    if ((await check.password(key)) !== expected)
      lost.push(`the password ${key} should ${expected ? '' : 'not '}log in`)
  for (const [text, expected] of load.tokens)
    if ((await check.token(text)) !== expected) lost.push(`a token should ${expected ? '' : 'not '}authenticate`)
  for (const [browser, expected] of load.sessions)
    if ((await check.session(browser)) !== expected) lost.push(`a session should ${expected ? '' : 'not '}be active`)
  for (const { email, from, to, elsewhere } of load.changes) {
    const [old, changed] = [await check.password(`${email} ${from}`), await check.password(`${email} ${to}`)]
    if (old === changed) lost.push(`${old ? 'both passwords' : 'no password'} of ${email} can log in`)
    if ((await check.session(elsewhere)) !== old) lost.push(`a password change of ${email} is incomplete`)
  }
  return lost
}

function listInconsistencies(url: string) {
  const database = new Database(url.replace('sqlite:', ''), { readonly: true })
  const read = (sql: string) => database.query<Record<string, unknown>, []>(sql).all()
  const inconsistencies = [
    ...read('pragma integrity_check').filter((row) => row.integrity_check !== 'ok'),
    ...read('pragma foreign_key_check'),
    ...read('select id from sessions where user_id not in (select id from users)'),
    ...read('select user_id from sessions where ended_at is null group by user_id having count(*) > 50'),
    ...read(`select user_id from sessions where (ended_at is null) <> (ended_reason is null)`),
  ].map((row) => JSON.stringify(row))
  database.close()
  return inconsistencies
}
