import { readFileSync } from 'node:fs'
import { expect, setDefaultTimeout, test } from 'bun:test'
import { cloneApp, runBun } from '../../support/clone'
import { followText } from './follow'

setDefaultTimeout(60_000)

const sections = readFileSync('docs/remove.md', 'utf8')
  .split(/^## /m)
  .slice(1)
  .map((section) => [section.split('\n')[0] ?? '', section] as const)

/** Suites that walk all pages, menus and links, and those of pages that link to a removed one. */
const SUITES = ['links', 'ui/navigation', 'features/home', 'features/login', 'features/settings'].map(
  (name) => `tests/${name}.test.ts`,
)

async function failuresIn(folder: string) {
  const [types, format, tests] = await Promise.all([
    runBun(folder, 'check', '--no-script'),
    runBun(folder, 'fmt', '--check', 'src'),
    runBun(folder, 'test', '--timeout', '30000', ...SUITES),
  ])
  const lines = `${types.out}${types.err}${tests.out}${tests.err}`.split('\n')
  const failed = [...new Set(lines.filter((line) => /error TS|^\(fail\)/.test(line)))]
  return { codes: [types.code, format.code, tests.code], failed }
}

test.each(sections)('the app without this feature has no dead link and no failure: %s', async (_, section) => {
  const folder = cloneApp()
  await followText(section, folder)
  expect(await failuresIn(folder)).toEqual({ codes: [0, 0, 0], failed: [] })
})

test('the app without all of these features has no dead link and no failure', async () => {
  const folder = cloneApp()
  for (const [, section] of sections) await followText(section, folder)
  expect(await failuresIn(folder)).toEqual({ codes: [0, 0, 0], failed: [] })
})
