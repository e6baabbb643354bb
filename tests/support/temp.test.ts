import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { Glob } from 'bun'
import { tempFolder } from './temp'

test('a test run removes every temporary folder that it created', async () => {
  const temp = tempFolder('temp')
  const sources = tempFolder('sources')
  const created = `
    import { test } from 'bun:test'
    import { tempDatabase, tempFolder } from '${import.meta.dir}/temp'
    test('creates', async () => {
      await Bun.write(tempDatabase(), 'content')
      await Bun.write('${sources}/created', tempFolder('empty'))
    })`
  await Bun.write(`${sources}/creates.test.ts`, created)
  const preload = ['--preload', `${import.meta.dir}/remove-temp.ts`]
  const run = Bun.spawnSync([process.execPath, 'test', ...preload, './creates.test.ts'], {
    cwd: sources,
    env: { PATH: process.env.PATH, TMPDIR: temp },
  })
  expect([run.exitCode, readFileSync(`${sources}/created`, 'utf8').startsWith(temp)]).toEqual([0, true])
  expect(readdirSync(temp)).toEqual([])
})

test('no other file of the tests creates temporary folders', () => {
  const creates = [...new Glob('tests/**/*.{ts,tsx}').scanSync('.')].filter((path) =>
    /mkdtemp|tmpdir\(/.test(readFileSync(path, 'utf8')),
  )
  // The benchmarks keep their filled databases for the next run.
  expect(creates.toSorted()).toEqual([
    'tests/bench/fill.ts',
    'tests/support/suites.ts',
    'tests/support/temp.test.ts',
    'tests/support/temp.ts',
  ])
})
