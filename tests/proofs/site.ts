import { Database, type SQLQueryBindings } from 'bun:sqlite'
import { rmSync } from 'node:fs'
import type { Role } from '@db/schema'
import { Browser } from '../support/browser'
import { findFreePort } from '../support/process'
import { tempFolder } from '../support/temp'
import { connect, USER_AGENT } from './http'

export type Person = { email: string; name: string; password: string }

/** What a started server does by hand: to move its clock, and to set a scene without a form. */
export type Order =
  | { kind: 'pass'; ms: number }
  | { kind: 'limit'; isOn: boolean }
  | { kind: 'create'; person: Person; role: Role }
  | { kind: 'deactivate'; id: string }
  | { kind: 'sessions'; id: string; count: number }

export type ProofSite = Awaited<ReturnType<typeof startSite>>

/**
 * Started servers, one or more on one database file. Passwords cost what they cost for real, unless they are to be cheap, and
 * their database answers as it does, unless it is to be slow.
 */
export async function startSite({ servers = 1, isCheap = false, isSlow = false } = {}) {
  const home = tempFolder('proofs')
  const file = `${home}/test.sqlite`
  const flags = [...(isCheap ? ['cheap'] : []), ...(isSlow ? ['slow'] : [])]
  const running: Running[] = []
  for (let i = 0; i < servers; i++) running.push(await startServer(file, flags)) // the first one makes the tables
  const [first] = running
  if (!first) throw new Error('a site has a server')
  const database = new Database(file, { readonly: true })
  const tellAll = (order: Order) => Promise.all(running.map(({ tell }) => tell(order)))
  let people = 0
  return {
    port: first.port,
    pass: (ms: number) => tellAll({ kind: 'pass', ms }),
    /** Whether guessing has its limits; without a word it has none. As long as it has, the clock stands still. */
    limit: (isOn: boolean) => tellAll({ kind: 'limit', isOn }),
    tell: first.tell,
    /** A new user, and their id. All have one name, and addresses of one length, so that no page is longer by that. */
    async makeUser(role: Role = 'user') {
      const email = `person-${`${++people}`.padStart(5, '0')}@example.test`
      const person = { email, name: 'Ann', password: 'correct horse battery' }
      return { ...person, id: `${await first.tell({ kind: 'create', person, role })}` }
    },
    browser: () =>
      new Browser((request) => fetch(request, { redirect: 'manual' }), `http://localhost:${first.port}`, USER_AGENT),
    /** So many connections; with several servers to each in turn. */
    open: (howMany: number) =>
      Promise.all(Array.from({ length: howMany }, (_, i) => connect(running[i % running.length]?.port ?? first.port))),
    /** The first column of what a query finds, read in the database file from outside. */
    find: (sql: string, ...values: SQLQueryBindings[]) =>
      database
        .query<Record<string, string | number | null>, SQLQueryBindings[]>(sql)
        .all(...values)
        .map((row) => Object.values(row)[0]),
    async stop() {
      database.close()
      for (const { server } of running) {
        server.kill()
        await server.exited
      }
      rmSync(home, { recursive: true })
    },
  }
}

type Running = Awaited<ReturnType<typeof startServer>>

async function startServer(file: string, flags: string[]) {
  const port = Number(findFreePort())
  const env = { PATH: process.env.PATH, PORT: `${port}`, DATABASE_URL: `sqlite:${file}`, NODE_ENV: 'production' }
  const waiting = new Map<number, (value: unknown) => void>()
  const started = new Promise((resolve) => waiting.set(0, resolve))
  let turn = 0
  const server = Bun.spawn([process.execPath, '--no-env-file', 'tests/proofs/serve.ts', ...flags], {
    env,
    stdio: ['ignore', Bun.file(`${file}-${port}.log`), 'inherit'],
    ipc: (message) => waiting.get(message.turn)?.(message.value),
  })
  if (await Promise.race([started.then(() => false), server.exited])) throw new Error('the server did not start')
  const tell = (order: Order) =>
    new Promise<unknown>((resolve, reject) => {
      void server.exited.then(() => reject(new Error('the server has ended')))
      waiting.set(++turn, resolve)
      server.send({ turn, order })
    })
  return { server, port, tell }
}
