import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'

const read = (path: string) => readFileSync(path, 'utf8')
const manifest = JSON.parse(read('package.json'))

/** The output and the exit code of a program. */
async function run(command: string[], env: Record<string, string> = {}) {
  const ran = Bun.spawn(command, { env: { ...process.env, ...env }, stdout: 'pipe', stderr: 'pipe' })
  const [out, complaint] = await Promise.all([new Response(ran.stdout).text(), new Response(ran.stderr).text()])
  return { out: out + complaint, code: await ran.exited }
}

test('every package of the lock file has a registry version and an integrity hash', () => {
  const packages =
    read('bun.lock')
      .split('"packages": {')[1]
      ?.match(/^ {4}"[^"]+": \[.*/gm) ?? []
  expect(packages.length).toBeGreaterThan(100)
  expect(packages.filter((line) => !/\["[^"]+@\d[^"]*", "", \{.*\}, "sha512-[\w+/]{86}=="\],?$/.test(line))).toEqual([])
})

test('versions are exact and at least seven days old, and no package runs an install script', () => {
  const { install } = Object(Bun.TOML.parse(read('bunfig.toml')))
  expect(install).toEqual({ exact: true, minimumReleaseAge: 7 * 24 * 60 * 60 })
  expect(manifest.trustedDependencies).toEqual([])
  const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies })
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(`${version}`))).toEqual([])
})

test('only commands for development may change the lock file', () => {
  const installs = Object.entries<string>(manifest.scripts).filter(([, script]) => script.includes('bun install'))
  const free = installs.filter(([, script]) => !/bun install [^&]*--frozen-lockfile/.test(script))
  expect(free.map(([name]) => name).toSorted()).toEqual(['check', 'dev', 'new'])
  for (const path of ['.ci/run', 'tests/support/install.ts'])
    for (const [line] of read(path).matchAll(/^.*\binstall['",\s].*--silent.*$/gm))
      expect(line).toContain('--frozen-lockfile')
})

test('commands that run on a server install no development dependency', () => {
  for (const name of ['start', 'user', 'db']) {
    const installs = manifest.scripts[name]?.match(/bun install[^&|)]*/g) ?? []
    expect(installs).not.toEqual([])
    for (const install of installs) expect(install).toStartWith('bun install --production --frozen-lockfile ')
  }
})

const advisory = (severity: string) =>
  JSON.stringify({
    kysely: [{ id: 1, url: 'https://advisories.test/1', title: 'a vulnerability', severity, vulnerable_versions: '*' }],
  })

test.each([
  ['knows of nothing', '{}', 200, 0, 'No vulnerabilities'],
  ['knows of something moderate', advisory('moderate'), 200, 0, '1 below --audit-level=high'],
  ['knows of something high', advisory('high'), 200, 1, 'high: a vulnerability'],
  ['knows of something critical', advisory('critical'), 200, 1, 'critical: a vulnerability'],
  ['does not answer', 'no', 405, 0, 'WARNING: advisories could not be checked'],
  ['answers something else', '<html>', 200, 0, 'WARNING: advisories could not be checked'],
])('CI reports an advisory service that %s', async (_, answer, status, code, words) => {
  const service = Bun.serve({ port: 0, fetch: () => new Response(answer, { status }) })
  const audited = await run(['.ci/audit', process.execPath], {
    BUN_CONFIG_REGISTRY: `http://localhost:${service.port}/`,
  })
  await service.stop(true)
  expect(audited).toEqual({ code, out: expect.stringContaining(words) })
})
