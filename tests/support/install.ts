import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'

// `Bun.argv` holds no option of `bun test`. Without /proc, as on macOS, the options are unknown.
const commandLine = '/proc/self/cmdline'
const words = existsSync(commandLine) ? readFileSync(commandLine, 'utf8').split('\0').slice(0, -1) : undefined
const args = words?.slice(words.indexOf('test') + 1)

const root = `${import.meta.dir}/../..`
const run = (command: string[], env = process.env) =>
  Bun.spawnSync([process.execPath, ...command], { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] }).exitCode ??
  1

// `bun test` must work as the first command in a fresh clone, and after `bun run start`, which installs no development
// dependency. Bun caches in this process that packages are missing, so the tests run in a new one.
if (!existsSync(`${root}/node_modules/playwright-core`))
  process.exit(run(['install', '--silent', '--frozen-lockfile']) || run(['test', ...(args ?? [])]))

// The whole suite runs in one process per core, because most of its time is one test that waits for one answer. The
// configuration file of Bun has no setting for it. Workers share modules between files: loading them takes 1 s a file.
if (args?.length === 0) {
  const temp = mkdtempSync(`${tmpdir()}/tests-run-`)
  chmodSync(temp, 0o711) // Postfix works as users of its own
  const workers = Math.min(8, availableParallelism())
  const options = [`--parallel=${workers}`, '--no-isolate', '--timeout=20000']
  const env = { ...process.env, TMPDIR: temp, TEST_RUN: `${process.pid}` }
  const code = run(['test', ...options], env)
  rmSync(temp, { recursive: true, force: true })
  if (process.env.TEST_POSTGRES) run(['tests/support/test-server.ts'], env)
  else console.log('PostgreSQL: not tested (TEST_POSTGRES is not set)')
  process.exit(code)
}
