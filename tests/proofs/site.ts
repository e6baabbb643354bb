import { rmSync } from 'node:fs'
import { SQL } from 'bun'
import type { LinkPurpose } from '@db/mail-tables'
import type { Role } from '@db/schema'
import { Browser } from '../support/browser'
import { findFreePort } from '../support/process'
import { tempFolder } from '../support/temp'
import { connect, USER_AGENT } from './http'

export type Person = { email: string; name: string; password: string }

/** Messages to `serve.ts`. */
export type ControlMessage =
  | { kind: 'advance'; ms: number }
  | { kind: 'limit'; isOn: boolean }
  | { kind: 'create'; person: Person; role: Role }
  | { kind: 'deactivate'; id: string }
  | { kind: 'schedule-deletion'; id: string }
  /** Another address of this user stays reserved, as after a change of address. */
  | { kind: 'reserve'; id: string; email: string }
  /** Each code that was mailed has been entered wrongly this often. */
  | { kind: 'attempts'; count: number }
  | { kind: 'secure'; id: string }
  | { kind: 'verify'; id: string }
  | { kind: 'remove-password'; id: string }
  | { kind: 'clock' }
  | { kind: 'email-login'; isOn: boolean }
  /** Adds a passkey. */
  | { kind: 'passkey'; id: string }
  /** The options for the passkey that the browser adds after a login with a password. */
  | { kind: 'upgrade'; id: string }
  /** The code that the app of `two-step` shows now. */
  | { kind: 'app-code'; id: string }
  /** Turns two-step verification on. Answers with the current code of an authenticator app, and ten recovery codes. */
  | { kind: 'two-step'; id: string }
  | { kind: 'sessions'; id: string; count: number }
  /** `flow`: the cookie of the browser that asked for the mail. */
  | { kind: 'token'; id: string; purpose: LinkPurpose; flow?: string }
  /** Answers with the flow of the browser and the token of the mail. */
  | { kind: 'sign-up'; person: Person }

export type ProofSite = Awaited<ReturnType<typeof startSite>>

type Settings = {
  servers?: number
  isCheap?: boolean
  isSlow?: boolean
  mailUrl?: string
  verification?: 'optional'
  /** The URL of a PostgreSQL server, for a database of its own there. */
  postgres?: string
}

/** Starts servers on one database. */
export async function startSite(settings: Settings = {}) {
  const { servers = 1, isCheap, isSlow, mailUrl = 'off', verification, postgres } = settings
  const home = tempFolder('proofs')
  const created = postgres === undefined ? undefined : await createDatabase(postgres)
  const databaseUrl = created?.url ?? `sqlite:${home}/test.sqlite`
  const keys = created && 'A'.repeat(43)
  const flags = [...(isCheap ? ['cheap'] : []), ...(isSlow ? ['slow'] : [])]
  const ports = Array.from({ length: servers }, findFreePort)
  const url = `http://localhost:${ports[0]}` // passkeys work at one origin, so all servers have it
  const running: Running[] = []
  for (const port of ports)
    running.push(await startServer(home, flags, { port, url, mailUrl, verification, databaseUrl, keys })) // one after the other: the first one runs the migrations
  const [first] = running
  if (!first) throw new Error('no server')
  const database = new SQL(databaseUrl, { max: 1 })
  const sendAll = (message: ControlMessage) => Promise.all(running.map(({ send }) => send(message)))
  let users = 0
  return {
    port: first.port,
    url,
    advance: (ms: number) => sendAll({ kind: 'advance', ms }),
    /** Limits are off by default. While they are on, the clock stands still. */
    limit: (isOn: boolean) => sendAll({ kind: 'limit', isOn }),
    /** With it, a mailed code is another way to log in. It is on where mail is. */
    emailLogin: (isOn: boolean) => sendAll({ kind: 'email-login', isOn }),
    send: first.send,
    /** All users have the same name and email addresses of the same length, so that pages have the same length. */
    async createUser(role: Role = 'user') {
      const email = `person-${`${++users}`.padStart(5, '0')}@example.test`
      const person = { email, name: 'Ann', password: 'correct horse battery' }
      return { ...person, id: `${await first.send({ kind: 'create', person, role })}` }
    },
    browser: () => new Browser((request) => fetch(request, { redirect: 'manual' }), url, USER_AGENT),
    /** Distributes the connections over the servers. */
    open: (count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, i) =>
          connect(running[i % running.length]?.port ?? first.port, new URL(url).host),
        ),
      ),
    /** Returns the first column, read by a separate connection. */
    async find(sql: string, ...values: string[]) {
      const rows: Record<string, string | number | null>[] = await database.unsafe(numbered(sql), values)
      return Array.from(rows, (row) => Object.values(row)[0])
    },
    async stop() {
      await database.close()
      for (const { server } of running) {
        server.kill()
        await server.exited
      }
      await created?.drop()
      rmSync(home, { recursive: true })
    },
  }
}

type Running = Awaited<ReturnType<typeof startServer>>

/** PostgreSQL numbers the values of a query. SQLite accepts that, too. */
function numbered(sql: string) {
  let last = 0
  return sql.replaceAll('?', () => `$${++last}`)
}

let databases = 0

async function createDatabase(server: string) {
  const name = `proof_${process.pid}_${++databases}`
  const run = async (statement: string) => {
    const connection = new SQL(server, { max: 1 })
    await connection.unsafe(statement)
    await connection.close()
  }
  await run(`create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => run(`drop database ${name} with (force)`) }
}

type Place = { port: string; url: string; databaseUrl: string; keys?: string }

async function startServer(
  home: string,
  flags: string[],
  { port, url, databaseUrl, keys, mailUrl = 'off', verification }: Place & Pick<Settings, 'mailUrl' | 'verification'>,
) {
  const env = {
    PATH: process.env.PATH,
    PORT: port,
    APP_URL: url,
    DATABASE_URL: databaseUrl,
    ...(keys && { SECRET_KEYS: keys }),
    NODE_ENV: 'production',
    TRUST_PROXY: '1',
    MAIL_URL: mailUrl,
    MAIL_FROM: 'no-reply@example.test',
    ...(verification && { EMAIL_VERIFICATION: verification }),
    ...(mailUrl !== 'off' && { EMAIL_LOGIN: 'on' }),
  }
  const pending = new Map<number, (value: unknown) => void>()
  const started = new Promise((resolve) => pending.set(0, resolve))
  let lastId = 0
  const server = Bun.spawn([process.execPath, '--no-env-file', 'tests/proofs/serve.ts', ...flags], {
    env,
    stdio: [
      'ignore',
      Bun.file(process.env.PROOF_LOGS ? `${process.env.PROOF_LOGS}/${Date.now()}-${port}.log` : `${home}/${port}.log`),
      'inherit',
    ],
    ipc: (message) => pending.get(message.id)?.(message.value),
  })
  if (await Promise.race([started.then(() => false), server.exited])) throw new Error('server start failed')
  const send = (message: ControlMessage) =>
    new Promise<unknown>((resolve, reject) => {
      void server.exited.then(() => reject(new Error('server exited')))
      const id = ++lastId
      pending.set(id, resolve)
      server.send({ id, message })
    })
  return { server, port: Number(port), send }
}
