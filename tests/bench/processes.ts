import { days, seconds } from '@/lib/duration'
import { findFreePort } from '../support/process'
import type { Job, Outcome } from './load'

type Usage = { cpu: number; rss: number }

export type Server = Awaited<ReturnType<typeof start>>

const started: Bun.Subprocess[] = []
/** Also after an error or a signal, so that nothing stays behind. */
process.on('exit', () => started.forEach((server) => server.kill('SIGKILL')))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

// A month, so that the sessions of a filled database live on. The slide is written every five seconds, as with the default.
const LONG_SESSIONS = {
  SESSION_IDLE_SECONDS: `${days(30) / seconds(1)}`,
  SESSION_MAX_SECONDS: `${days(60) / seconds(1)}`,
}

/** The site as `bun run start` has it, on this database. Its log is written, but to where nothing is kept. */
export const startSite = (database: string) =>
  start(['src/server.ts'], (port) => ({
    ...LONG_SESSIONS,
    PORT: port,
    NODE_ENV: 'production',
    DATABASE_URL: `sqlite:${database}`,
    TRUST_PROXY: '1', // so that those who log in come from many places
  }))

export const startPlain = (kind: 'floor' | 'elysia', page: string) =>
  start(['tests/bench/plain.ts', kind], () => ({}), [page])

/** On a database of its own, so that the two apps do not wait for each other's writes. */
export const startSessionApp = (page: string, database: string) =>
  start(['tests/bench/session-app.ts'], () => ({}), [page, database])

async function start(command: string[], env: (port: string) => Record<string, string>, parameters: string[] = []) {
  const port = findFreePort()
  let told: (usage: Usage) => void = () => undefined
  const began = performance.now()
  const server = Bun.spawn(
    [process.execPath, '--no-env-file', '--preload', './tests/bench/usage.ts', ...command, port, ...parameters],
    {
      env: { PATH: process.env.PATH, ...env(port) },
      stdio: ['ignore', 'ignore', 'inherit'],
      ipc: (usage: Usage) => told(usage),
    },
  )
  started.push(server)
  while (!(await answers(Number(port)))) {
    if (server.exitCode !== null) throw new Error(`${command.join(' ')} did not start`)
    await Bun.sleep(1)
  }
  return {
    port: Number(port),
    /** From nothing to the first answer. */
    startedIn: performance.now() - began,
    usage: () =>
      new Promise<Usage>((resolve) => {
        told = resolve
        server.send('usage')
      }),
    async stop() {
      server.kill()
      await server.exited
    },
  }
}

const answers = (port: number) =>
  fetch(`http://localhost:${port}/`).then(
    () => true,
    () => false,
  )

/** Runs a load in a process of its own, and tells what the server paid for each request. */
export async function load(server: Server, job: Omit<Job, 'port'>) {
  const before = await server.usage()
  const outcome = await run<Outcome>('tests/bench/load.ts', JSON.stringify({ ...job, port: server.port }))
  const after = await server.usage()
  return {
    ...outcome,
    perSecond: outcome.done / (outcome.ms / seconds(1)),
    cpu: (after.cpu - before.cpu) / Math.max(1, outcome.done),
    rss: after.rss,
  }
}

/** What a script prints, as JSON. */
export async function run<T>(script: string, ...parameters: string[]): Promise<T> {
  const child = Bun.spawn([process.execPath, script, ...parameters], { stdout: 'pipe', stderr: 'inherit' })
  const said = await new Response(child.stdout).text()
  if ((await child.exited) !== 0) throw new Error(`${script} failed`)
  return JSON.parse(said)
}

/** By the middle one of several rounds: one that was disturbed counts for nothing. */
export const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
