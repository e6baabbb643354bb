import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Glob } from 'bun'
import { commands, syntaxOf } from '@/cli/usage'
import { annAndEve } from '../support/people'

const readme = readFileSync('README.md', 'utf8')
const commandLine = readFileSync('docs/reference/command-line.md', 'utf8')
const manifest = JSON.parse(readFileSync('package.json', 'utf8'))

/** The code words in the first cells of the table below a heading. */
const firstCells = (heading: string) =>
  (readme.split(`## ${heading}`)[1]?.split('\n## ')[0] ?? '')
    .split('\n')
    .flatMap((line) => (/^\|([^|]*)\|/.exec(line)?.[1] ?? '').match(/(?<=`)[^`\s]+(?=`)/g) ?? [])

test('the example page of the README is the one of docs/add-a-page.md, which a test runs', () => {
  const [example = ''] = /^```ts src[^]*?^```$/m.exec(readme) ?? []
  expect(example).toContain('reply.page')
  expect(readFileSync('docs/add-a-page.md', 'utf8')).toContain(example)
})

test('the README lists exactly the dependencies of package.json', () => {
  const installed = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
  expect(firstCells('Dependencies').toSorted()).toEqual(installed.toSorted())
})

test('the README names every guard', async () => {
  const { guards } = await annAndEve()
  const [, named = ''] = /There are (`anyone`[^]*?)\n\n/.exec(readme) ?? []
  expect([...named.matchAll(/`(\w+)`/g)].map(([, name = '']) => name).toSorted()).toEqual(
    Object.keys(guards).toSorted(),
  )
})

test('every command in the README exists', () => {
  for (const [, command = ''] of (readme + commandLine).matchAll(/`bun run ([\w:]+)/g))
    expect(Object.keys(manifest.scripts)).toContain(command)
  expect(Object.keys(manifest.scripts)).toEqual(
    expect.arrayContaining([
      'dev',
      'start',
      'user',
      'check',
      'bench',
      'prove:enumeration',
      'prove:races',
      'prove:faults',
    ]),
  )
})

test('the command-line page lists exactly the commands for users', () => {
  const typed = [...commandLine.matchAll(/^\| `(bun run user [^`]+)`/gm)].map(([, form]) => form)
  expect(typed.map((form) => form?.replace('\\|', '|'))).toEqual(commands.map(syntaxOf))
})

test('every linked page exists, and every page is linked', async () => {
  const pages = ['README.md', 'SECURITY.md', 'CHANGELOG.md', ...new Glob('docs/**/*.md').scanSync('.')]
  const links = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, to = '']) =>
      join(dirname(page), to),
    ),
  )
  expect(links.length).toBeGreaterThan(8)
  expect(links.filter((path) => !existsSync(path))).toEqual([])
  expect(pages.filter((page) => page !== 'README.md' && !links.includes(page))).toEqual([])
})
