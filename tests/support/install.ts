import { existsSync, readFileSync } from 'node:fs'
import { runBun, runSuite } from './suites'

// `Bun.argv` holds no option of `bun test`. Without /proc, as on macOS, the options are unknown.
const commandLine = '/proc/self/cmdline'
const words = existsSync(commandLine) ? readFileSync(commandLine, 'utf8').split('\0').slice(0, -1) : undefined
const args = words?.slice(words.indexOf('test') + 1)

// `bun test` must work as the first command in a fresh clone, and after `bun run start`, which installs no development
// dependency. Bun caches in this process that packages are missing, so the tests run in a new one.
if (!existsSync(`${import.meta.dir}/../../node_modules/playwright-core`)) {
  // A worker of `--parallel` knows no paths, and cannot replace the process that started it.
  if (args?.includes('--test-worker')) {
    console.error('bun test --parallel failed: packages are missing. Run `bun install`, and then the tests again.')
    process.exit(1)
  }
  process.exit(runBun(['install', '--silent', '--frozen-lockfile']) || runBun(['test', ...(args ?? [])]))
}

if (args?.length === 0) process.exit(runSuite('fast'))
