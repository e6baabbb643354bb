import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'bun:test'
import { runBun } from './support/clone'
import { tempFolder } from './support/temp'

/** The output of a script of package.json in a fresh clone that cannot reach a package registry. */
async function runOffline(script: string, folder = tempFolder('scripts')) {
  for (const file of ['package.json', 'bun.lock', 'bunfig.toml']) cpSync(file, join(folder, file))
  cpSync('.ci/patches', join(folder, '.ci/patches'), { recursive: true })
  const env = {
    PATH: process.env.PATH,
    BUN_INSTALL_CACHE_DIR: join(folder, 'cache'),
    BUN_CONFIG_REGISTRY: 'http://127.0.0.1:1', // nothing listens there
  }
  const ran = Bun.spawn([process.execPath, 'run', '--silent', script], {
    cwd: folder,
    env,
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err] = await Promise.all([new Response(ran.stdout).text(), new Response(ran.stderr).text()])
  return { code: await ran.exited, out: out.trim(), err: err.trim() }
}

const withPackages = tempFolder('scripts')
mkdirSync(join(withPackages, 'node_modules'))
// Together, because each waits three seconds for the registry.
const ran = Promise.all([runOffline('dev'), runOffline('start'), runOffline('dev', withPackages)])

test('dev says that it installs packages before it does, and why that failed', async () => {
  const [{ code, out, err }] = await ran
  expect(out).toBe('Installing dependencies …')
  expect(err).toContain('ConnectionRefused')
  expect(code).not.toBe(0)
})

test('start says so on stderr, because stdout has one JSON object per line', async () => {
  const [, { out, err }] = await ran
  expect(out).toBe('')
  expect(err).toMatch(/^Installing dependencies …\n[^]*ConnectionRefused/)
})

test('dev only checks packages that are installed', async () => {
  const [, , { out }] = await ran
  expect(out).toBe('Checking dependencies …')
})

test('parallel tests without packages end at once, and say what to do', async () => {
  const folder = tempFolder('scripts')
  for (const file of ['install', 'suites'])
    cpSync(`tests/support/${file}.ts`, join(folder, `tests/support/${file}.ts`), { recursive: true })
  await Bun.write(join(folder, 'bunfig.toml'), "[test]\npreload = ['./tests/support/install.ts']")
  for (const name of ['one', 'two'])
    await Bun.write(join(folder, `tests/${name}.test.ts`), "import { test } from 'bun:test'\ntest('a', () => {})")
  const { code, err } = await runBun(folder, 'test', '--parallel=2', 'tests')
  expect(err).toContain('packages are missing. Run `bun install`')
  expect(code).not.toBe(0)
})
