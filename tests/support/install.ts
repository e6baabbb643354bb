import { existsSync } from 'node:fs'

// `bun test` must work as the first command in a fresh clone, and after `bun run start`, which installs no development
// dependency. Bun caches in this process that packages are missing, so the tests run in a new one.
const root = `${import.meta.dir}/../..`
if (!existsSync(`${root}/node_modules/playwright-core`)) {
  const run = (...command: string[]) =>
    Bun.spawnSync([process.execPath, ...command], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).exitCode ?? 1
  process.exit(run('install', '--silent', '--frozen-lockfile') || run('test', ...Bun.argv.slice(2)))
}
