import { readdirSync, readFileSync } from 'node:fs'
import { findFreePort } from './process'
import { tempFolder } from './temp'

// Servers of PostgreSQL that a script stops, freezes and kills. `initdb` refuses root.

const ROOT = '/usr/lib/postgresql'
const [version] = ((): string[] => {
  try {
    return readdirSync(ROOT).toSorted((a, b) => Number(b) - Number(a))
  } catch {
    return []
  }
})()

export const hasPostgres = version !== undefined

export type PostgresServer = Awaited<ReturnType<typeof createPostgres>>

/** Runs a program of PostgreSQL. */
async function run(program: string, ...args: string[]) {
  const command = [`${ROOT}/${version}/bin/${program}`, ...args]
  const asPostgres = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--', ...command] : command
  // A server inherits the pipes, so that they stay open while it runs.
  const child = Bun.spawn(asPostgres, { cwd: '/', stdout: 'ignore', stderr: 'ignore' })
  const code = await child.exited
  if (code !== 0) throw new Error(`${program} failed: exit code ${code}`)
}

function emptyFolder() {
  const folder = tempFolder('postgres')
  if (process.getuid?.() === 0) Bun.spawnSync(['chown', 'postgres', folder])
  return folder
}

/** A new server. It does not run yet. */
export async function createPostgres(settings: Record<string, string> = {}) {
  const folder = emptyFolder()
  await run('initdb', '-U', 'postgres', '-N', '-A', 'trust', '-E', 'UTF8', '-D', `${folder}/data`)
  return serverIn(folder, settings)
}

/** A standby of a server that runs. The primary knows it by the name. */
export async function createStandby(primary: PostgresServer, name: string, settings: Record<string, string> = {}) {
  const folder = emptyFolder()
  const source = `host=127.0.0.1 port=${primary.port} user=postgres application_name=${name}`
  await run('pg_basebackup', '-R', '-c', 'fast', '-D', `${folder}/data`, '-d', source)
  return serverIn(folder, settings)
}

function serverIn(folder: string, settings: Record<string, string>) {
  const port = findFreePort()
  const data = `${folder}/data`
  const all = { listen_addresses: '127.0.0.1', port, unix_socket_directories: folder, ...settings }
  const options = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`)
  const mainProcess = () => Number(readFileSync(`${data}/postmaster.pid`, 'utf8').split('\n')[0])
  const signalAll = (signal: NodeJS.Signals) => {
    for (const id of [mainProcess(), ...childrenOf(mainProcess())]) process.kill(id, signal)
  }
  return {
    port,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    start: () => run('pg_ctl', '-w', '-D', data, '-l', `${folder}/log`, '-o', options.join(' '), 'start'),
    stop: () => run('pg_ctl', '-w', '-m', 'fast', '-D', data, 'stop'),
    promote: () => run('pg_ctl', '-w', '-D', data, 'promote'),
    freeze: () => signalAll('SIGSTOP'),
    resume: () => signalAll('SIGCONT'),
    kill: () => signalAll('SIGKILL'),
    /** For the end of a script, in any state. */
    async end() {
      try {
        signalAll('SIGCONT')
        await run('pg_ctl', '-w', '-m', 'immediate', '-D', data, 'stop')
      } catch {
        // it does not run
      }
    },
  }
}

const childrenOf = (id: number) =>
  readFileSync(`/proc/${id}/task/${id}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
