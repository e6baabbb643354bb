import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Glob } from 'bun'
import { commands, syntaxOf } from '@/cli/usage'
import { ann, annAndEve, createPeople } from '../support/people'
import { openSite } from '../support/site'
import { tempFolder } from '../support/temp'

const readme = readFileSync('README.md', 'utf8')
const commandLine = readFileSync('docs/command-line.md', 'utf8')
const manifest = JSON.parse(readFileSync('package.json', 'utf8'))

/** The first cell of each row of the table below a heading, its `code` words only. */
const firstCells = (heading: string) =>
  (readme.split(`## ${heading}`)[1]?.split('\n## ')[0] ?? '')
    .split('\n')
    .flatMap((line) => (/^\|([^|]*)\|/.exec(line)?.[1] ?? '').match(/(?<=`)[^`\s]+(?=`)/g) ?? [])

/** The module that stands in the README under this file name. */
async function load(name: string) {
  const code = readme.split(`\`\`\`ts ${name}\n`)[1]?.split('```')[0] ?? ''
  const file = `${tempFolder('readme')}/example.ts`
  await Bun.write(
    file,
    code
      .replace("'./views'", "'@/features/hello/views'")
      .replaceAll(/'(@|\.)\//g, `'${process.cwd()}/src/`)
      .replace("'elysia'", `'${Bun.resolveSync('elysia', process.cwd())}'`),
  )
  return import(file)
}

test('the options, as the README has them, are taken and do what they say', async () => {
  const { auth } = await load('src/auth.ts')
  const site = await createPeople(await openSite({}, auth))
  const anns = site.browser()
  await anns.get('/profile')
  expect((await anns.get('/login')).html).toContain('<p id="flash" class="info" role="status">Members only')
  const { set } = await anns.post('/login', { ...ann, remember: 'yes' })
  expect(set.find((line) => line.startsWith('remember='))).toContain('Max-Age=1209600')
})

test('the page of one’s own, as the README has it, works', async () => {
  const { notes } = await load('notes/routes.ts')
  const site = await annAndEve()
  site.app.use(notes(site.guards))

  const anns = site.browser()
  expect(await anns.get('/notes')).toMatchObject({ status: 303, to: '/login?next=%2Fnotes' })
  expect(await anns.post('/login', { ...ann, next: '/notes' })).toMatchObject({ to: '/notes' })
  expect((await anns.get('/notes')).html).toContain('Hello Ann!')
})

test('every dependency stands in the table, and nothing else', () => {
  const installed = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
  expect(firstCells('Dependencies, and why each').toSorted()).toEqual(installed.toSorted())
})

test('every guard is named', async () => {
  const { guards } = await annAndEve()
  const [, named = ''] = /There are (`anyone`[^]*?)\n\n/.exec(readme) ?? []
  expect([...named.matchAll(/`(\w+)`/g)].map(([, name = '']) => name).toSorted()).toEqual(
    Object.keys(guards).toSorted(),
  )
})

test('every command of the README is there', () => {
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

test('every command for users stands in the table as it is typed, and nothing else', () => {
  const typed = [...commandLine.matchAll(/^\| `(bun run user [^`]+)`/gm)].map(([, form]) => form)
  expect(typed).toEqual(commands.map(syntaxOf))
})

test('every page that the README and the pages in docs/ link to is there', async () => {
  const pages = ['README.md', 'SECURITY.md', ...new Glob('docs/*.md').scanSync('.')]
  const links = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, to = '']) =>
      join(dirname(page), to),
    ),
  )
  expect(links.length).toBeGreaterThan(8)
  expect(links.filter((path) => !existsSync(path))).toEqual([])
  expect(pages.filter((page) => page !== 'README.md' && !links.includes(page))).toEqual([])
})
