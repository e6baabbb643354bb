import { days, seconds } from '@/lib/duration'
import { findFreePort } from '../support/process'
import type { Job, Outcome } from './load'

type Usage = { cpu: number; rss: number }

export type Server = Awaited<ReturnType<typeof start>>

const started: Bun.Subprocess[] = []
/** Also after an error or a signal. */
process.on('exit', () => started.forEach((server) => server.kill('SIGKILL')))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

// A month, so that the sessions of a filled database stay active. Extensions are written every 5 s, as by default.
const LONG_SESSIONS = {
  SESSION_IDLE_SECONDS: `${days(30) / seconds(1)}`,
  SESSION_MAX_SECONDS: `${days(60) / seconds(1)}`,
}

/** Like `bun run start`, with the log in /dev/null. */
export const startSite = (database: string, env: Record<string, string> = {}) =>
  start(
    () => ['src/server.ts'],
    (port) => ({
      ...LONG_SESSIONS,
      PORT: port,
      NODE_ENV: 'production',
      DATABASE_URL: `sqlite:${database}`,
      TRUST_PROXY: '1', // so that logins have many sources
      ...env,
    }),
  )

export const startPlain = (kind: 'floor' | 'elysia', page: string) =>
  start((port) => ['tests/bench/plain.ts', kind, port, page])

/** With its own database, so that the two apps do not wait for each other's writes. */
export const startSessionApp = (page: string, database: string) =>
  start((port) => ['tests/bench/session-app.ts', port, page, database])

async function start(commandOf: (port: string) => string[], env?: (port: string) => Record<string, string>) {
  const port = findFreePort()
  const command = commandOf(port)
  let onUsage: (usage: Usage) => void = () => undefined
  const startedAt = performance.now()
  const server = Bun.spawn([process.execPath, '--no-env-file', '--preload', './tests/bench/usage.ts', ...command], {
    env: { PATH: process.env.PATH, ...env?.(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
    ipc: (usage: Usage) => onUsage(usage),
  })
  started.push(server)
  while (!(await isUp(Number(port)))) {
    if (server.exitCode !== null) throw new Error(`${command.join(' ')} failed to start`)
    await Bun.sleep(1)
  }
  return {
    port: Number(port),
    pid: server.pid,
    /** Milliseconds from before the start to the first response. */
    startedIn: performance.now() - startedAt,
    usage: () =>
      new Promise<Usage>((resolve) => {
        onUsage = resolve
        server.send('usage')
      }),
    async stop() {
      server.kill()
      await server.exited
    },
  }
}

const isUp = (port: number) =>
  fetch(`http://localhost:${port}/`).then(
    () => true,
    () => false,
  )

/** `cpu` is the processor time of the server per request in microseconds. */
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

/** Parses the output of a script as JSON. */
export async function run<T>(script: string, ...parameters: string[]): Promise<T> {
  const child = Bun.spawn([process.execPath, script, ...parameters], { stdout: 'pipe', stderr: 'inherit' })
  const output = await new Response(child.stdout).text()
  if ((await child.exited) !== 0) throw new Error(`${script} failed`)
  return JSON.parse(output)
}

/** The median ignores rounds that other programs disturbed. */
export const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
