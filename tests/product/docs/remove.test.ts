import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, setDefaultTimeout, test } from 'bun:test'
import { cloneApp, runBun } from '../../support/clone'

setDefaultTimeout(60_000)

const BLOCK = /^```(sh|diff)(?: (\S+))?\n([^]*?)^```$/gm

const sections = readFileSync('docs/remove.md', 'utf8')
  .split(/^## /m)
  .slice(1)
  .map((section) => [section.split('\n')[0] ?? '', section] as const)

/** Deletes the files and changes the lines of a section. */
async function follow(section: string, folder: string) {
  for (const [, kind, path = '', code = ''] of section.matchAll(BLOCK)) {
    if (kind === 'sh') deleteFiles(folder, code)
    else await Bun.write(join(folder, path), changeLines(await Bun.file(join(folder, path)).text(), code, path))
  }
}

function deleteFiles(folder: string, commands: string) {
  for (const command of commands.trimEnd().split('\n')) {
    const [rm, ...words] = command.split(' ')
    expect(rm).toBe('rm')
    for (const path of words.filter((word) => word !== '-r')) rmSync(join(folder, path), { recursive: true })
  }
}

/** An empty line separates changes at different places. */
function changeLines(text: string, diff: string, path: string) {
  return diff
    .trimEnd()
    .split('\n\n')
    .reduce((before, change) => {
      const lines = (sign: string) =>
        change.split('\n').flatMap((line) => (line.startsWith(sign) ? `${line.slice(1)}\n` : []))
      const old = lines('-').join('')
      if (before.split(old).length !== 2) throw new Error(`${path} does not have these lines once:\n${old}`)
      return before.replace(old, () => lines('+').join(''))
    }, text)
}

/** Suites that walk all pages, menus and links, and those of pages that link to a removed one. */
const SUITES = ['links', 'ui/navigation', 'features/home', 'features/login', 'features/settings'].map(
  (name) => `tests/${name}.test.ts`,
)

async function failuresIn(folder: string) {
  const [types, tests] = await Promise.all([
    runBun(folder, 'check', '--no-script'),
    runBun(folder, 'test', '--timeout', '30000', ...SUITES),
  ])
  const lines = `${types.out}${types.err}${tests.out}${tests.err}`.split('\n')
  const failed = [...new Set(lines.filter((line) => /error TS|^\(fail\)/.test(line)))]
  return { types: types.code, tests: tests.code, failed }
}

test.each(sections)('the app without this feature has no dead link and no failure: %s', async (_, section) => {
  const folder = cloneApp()
  await follow(section, folder)
  expect(await failuresIn(folder)).toEqual({ types: 0, tests: 0, failed: [] })
})

test('the app without all of these features has no dead link and no failure', async () => {
  const folder = cloneApp()
  for (const [, section] of sections) await follow(section, folder)
  expect(await failuresIn(folder)).toEqual({ types: 0, tests: 0, failed: [] })
})
