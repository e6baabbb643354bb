import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'

// `bun test` without arguments runs the fast suite: all files but these. `bun run test:slow` runs these.

/** Tests in browsers, of failures of whole processes, and in clones of this repository. */
const SLOW = ['tests/e2e/', 'tests/faults/', '.slow.test.ts']

const files = {
  fast: SLOW.map((part) => `--path-ignore-patterns=${part.endsWith('/') ? `${part}**` : `**/*${part}`}`),
  slow: SLOW,
}

const notRun = {
  fast: 'Browsers, whole processes and clones: not tested (bun run test:slow)',
  slow: 'The fast suite: not tested (bun test)',
}

const root = `${import.meta.dir}/../..`

/** Runs Bun in the folder of the project. Returns its exit code. */
export const runBun = (command: string[], env = process.env) =>
  Bun.spawnSync([process.execPath, ...command], { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] }).exitCode ??
  1

/**
 * One process per core, because most of the time of a test is waiting for one answer. The configuration file of Bun has
 * no setting for it. Workers share modules between files: loading them takes 1 s a file.
 */
export function runSuite(suite: 'fast' | 'slow') {
  const temp = mkdtempSync(`${tmpdir()}/tests-run-`)
  chmodSync(temp, 0o711) // Postfix works as users of its own
  const workers = Math.min(8, availableParallelism())
  const options = [`--parallel=${workers}`, '--no-isolate', '--timeout=20000']
  const env = { ...process.env, TMPDIR: temp, TEST_RUN: `${process.pid}` }
  const code = runBun(['test', ...options, ...files[suite]], env)
  rmSync(temp, { recursive: true, force: true })
  console.log(notRun[suite])
  if (process.env.TEST_POSTGRES) runBun(['tests/support/test-server.ts'], env)
  else console.log('PostgreSQL: not tested (TEST_POSTGRES is not set)')
  return code
}

if (import.meta.main) process.exit(runSuite('slow'))
