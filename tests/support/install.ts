import { existsSync, readFileSync } from 'node:fs'

// `bun test` must work as the first command in a fresh clone, and after `bun run start`, which installs no development
// dependency. Bun caches in this process that packages are missing, so the tests run in a new one.
// `Bun.argv` holds no option. Without /proc, as on macOS, the first run takes all tests.
const commandLine = '/proc/self/cmdline'
const words = existsSync(commandLine) ? readFileSync(commandLine, 'utf8').split('\0').slice(0, -1) : ['test']
const args = words.slice(words.indexOf('test') + 1)

const root = `${import.meta.dir}/../..`
if (!existsSync(`${root}/node_modules/playwright-core`)) {
  const run = (...command: string[]) =>
    Bun.spawnSync([process.execPath, ...command], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).exitCode ?? 1
  process.exit(run('install', '--silent', '--frozen-lockfile') || run('test', ...args))
}
