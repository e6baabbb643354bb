import { Database } from 'bun:sqlite'
import { cpSync } from 'node:fs'
import { readConfig } from '@/config/env'
import { openDeps } from '@/deps/deps'
import { createUser } from '@/model/users/users'
import { Browser } from '../support/browser'
import { findFreePort, start, waitUntilListening } from '../support/process'
import { tempFolder } from '../support/temp'
import { ann, factorChanges, isStillDone, type FactorChange } from './factor-changes'
import { killedAt } from './killed-at'

const MAX_STATEMENTS = 200

type Found = { kills: number; before: number; after: number; lost: string[] }

/** Kills a server at every `step`th statement of each change, starts it again and sends the request again. */
export async function killFactorChanges(step: number, changes = factorChanges) {
  const found: Found = { kills: 0, before: 0, after: 0, lost: [] }
  for (const change of changes) await killChange(change, step, found)
  return found
}

async function killChange(change: FactorChange, step: number, found: Found) {
  const PORT = findFreePort()
  const seeded = tempFolder('seeded')
  const { prepare, request } = await seed(change, settingsOf(seeded, PORT))

  /** Until just before the request, on a copy of the seeded database. */
  async function open() {
    const folder = tempFolder('killed')
    cpSync(seeded, folder, { recursive: true })
    const settings = settingsOf(folder, PORT)
    const one = await startServer(settings)
    const browser = browserOf(one.url)
    await prepare(browser)
    return { ...one, settings, browser, read: () => readState(`${folder}/test.sqlite`) }
  }

  async function send(browser: Browser) {
    const { path, fields } = await request()
    return browser.post(path, fields).catch(() => undefined)
  }

  const whole = await open()
  const before = whole.read()
  const answer = await send(whole.browser)
  await kill(whole.server)
  const after = whole.read()
  if (answer?.status !== 303) found.lost.push(`${change.name} was answered with ${answer?.status}`)
  if (after === before) found.lost.push(`${change.name} changed nothing`)
  const { server } = await startServer(whole.settings)
  if (!(await isStillDone(change, whole.browser))) found.lost.push(`${change.name} was answered and is lost`)
  await kill(server)

  for (let n = 0; n < MAX_STATEMENTS; n += step) {
    const one = await open()
    await one.killAt(n)
    const answer = await send(one.browser.copy())
    await kill(one.server)
    if (answer) break
    const state = one.read()
    found.kills++
    if (state === before) found.before++
    else if (state === after) found.after++
    else
      found.lost.push(
        `${change.name}, killed at statement ${n}, is incomplete: ${state} is neither ${before} nor ${after}`,
      )
    const next = await startServer(one.settings)
    await send(one.browser)
    const repeated = one.read()
    if (repeated !== after)
      found.lost.push(`${change.name}, killed at statement ${n}, cannot be repeated: ${repeated} instead of ${after}`)
    await kill(next.server)
  }
}

const settingsOf = (folder: string, PORT: string) => ({
  PORT,
  DATABASE_URL: `sqlite:${folder}/test.sqlite`,
  EMAIL_VERIFICATION: 'optional',
  MAIL_URL: 'smtp://127.0.0.1:1', // no server: all mails wait
  MAIL_FROM: 'no-reply@example.test',
})

async function seed({ seed }: FactorChange, settings: Record<string, string>) {
  const deps = await openDeps(readConfig({ ...settings, LOG_FORMAT: 'json' }), { logTo: { write: () => undefined } })
  const user = await createUser(deps, ann, 'user')
  if (!user) throw new Error('no user was created')
  const seeded = await seed(deps, user)
  await deps.db.destroy()
  return seeded
}

async function startServer(settings: Record<string, string>) {
  const ready = Promise.withResolvers<void>()
  const one = start(settings, await killedAt(), () => ready.resolve())
  await waitUntilListening(one)
  const killAt = (n: number) => {
    one.server.send(n)
    return ready.promise
  }
  return { server: one.server, url: one.url, killAt }
}

const browserOf = (url: string) => new Browser((request) => fetch(request, { redirect: 'manual' }), url)

async function kill(server: Bun.Subprocess) {
  server.kill('SIGKILL')
  await server.exited
}

/** Without times, attempts, which are counted before a check, and the links that the mail job creates. */
const STATE = `
  select 'user', two_step_enabled_at is not null, two_step_setup_at is not null, factors_version from users
  union all select 'app', confirmed_at is not null, last_used_step > 0, count(*) from authenticator_apps group by 2, 3
  union all select 'code', is_active, used_at is not null, count(*) from recovery_codes group by 2, 3
  union all select 'passkey', 0, 0, count(*) from passkeys
  union all select 'session', amr, ended_reason, count(*) from sessions group by 2, 3
  union all select 'pending login', 0, 0, count(*) from pending_logins
  union all select 'trusted browser', 0, 0, count(*) from known_devices where trust_expires_at is not null
  union all select 'link', purpose, 0, count(*) from one_time_tokens where purpose <> 'secure-account' group by 2
  union all select 'reset', completed_at is not null, 0, count(*) from factor_resets group by 2
  union all select 'event', kind, 0, count(*) from security_events group by 2
  union all select 'mail', kind, 0, count(*) from mails group by 2`

/** Reads the file as a process does that opens it after a crash. */
function readState(file: string) {
  const database = new Database(file)
  const rows = database.query(STATE).values()
  database.close()
  return JSON.stringify(rows)
}
