import { existsSync, readFileSync } from 'node:fs'
import { expect, setDefaultTimeout, test } from 'bun:test'
import { cloneApp, runBun } from '../../support/clone'
import { coreTables, ownNames } from '../core-tables'
import { countChanges, follow, testUnfollowed } from './follow'

setDefaultTimeout(60_000)

const PAGES: [page: string, feature: string, changes: ReturnType<typeof countChanges>][] = [
  ['docs/add-a-page.md', 'notes', { files: 5, edits: 6 }],
  ['docs/add-a-table.md', 'notes', { files: 11, edits: 14 }],
  ['docs/add-a-column.md', 'bio', { files: 8, edits: 10 }],
]

for (const [page, name, expected] of PAGES)
  testUnfollowed(page)(`${page} works without touching another file`, async () => {
    expect(countChanges(page)).toEqual(expected)
    const folder = cloneApp(/^docs$/)
    await follow(page, folder)
    const checks = await Promise.all([
      runBun(folder, 'check', '--no-script'),
      runBun(folder, 'run', 'lint'),
      runBun(folder, 'test', '--timeout', '30000', `tests/features/${name}.test.ts`, 'tests/architecture.test.ts'),
    ])
    expect(checks.map(({ code, out, err }) => (code === 0 ? '' : out + err))).toEqual(['', '', ''])
  })

testUnfollowed('docs/add-a-page.md')('the command on the page writes the same files as the page', async () => {
  const [written, created] = [cloneApp(/^docs$/), cloneApp(/^docs$/)]
  await follow('docs/add-a-page.md', written)
  expect(await runBun(created, 'src/new-cli.ts', 'feature', 'notes')).toMatchObject({ code: 0 })
  const { stdout } = Bun.spawnSync(['diff', '--recursive', '--no-dereference', written, created], { stdout: 'pipe' })
  expect(stdout.toString()).toBe('')
})

test('the example on the page about tests passes', async () => {
  const folder = cloneApp(/^docs$/)
  await follow('docs/test.md', folder)
  expect(await runBun(folder, 'test', 'tests/features/example.test.ts')).toMatchObject({ code: 0 })
})

test('every page that the architecture test names exists', () => {
  const [...named] = readFileSync('tests/architecture.test.ts', 'utf8').matchAll(/docs\/[\w/-]+\.md/g)
  expect(named.length).toBeGreaterThan(4)
  expect(named.filter(([page]) => !existsSync(page))).toEqual([])
})

/** The rows of the table below a heading, without its head. */
const rowsBelow = (heading: string, text: string) =>
  (text.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => line.split('|').map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)))

const IS_SECRET = /(^|_)(hash|ciphertext)$/
const IS_PERSONAL =
  /(^|_)(email|name|ip|user_agent|browser|fingerprint|subject|hint|recipient|details|event|credential_id|public_key|aaguid|transports|rp_id|user_handle|passkey)$/

test('SECURITY.md lists every personal and every hashed column of the database', async () => {
  const found = (await coreTables()).map(({ name, columns }) => {
    const names = columns.map((column) => column.name)
    // Names of limits, jobs and migrations are fixed words, and the id of a series is a hash.
    const isFixed = (one: string) => one === 'limit_name' || ['leases', 'schema_floor'].includes(name)
    const readable = names.filter((one) => IS_PERSONAL.test(one) && !IS_SECRET.test(one) && !isFixed(one))
    const secret = names.filter((one) => IS_SECRET.test(one) || (name === 'remember_series' && one === 'id'))
    return [name, readable.toSorted(), secret.toSorted()]
  })
  const own = await ownNames()
  const listed = rowsBelow('What is stored', readFileSync('SECURITY.md', 'utf8'))
    .map(([, [table = ''] = [], ...columns]): [string, string[][]] => [table, columns])
    .filter(([table]) => !own.has(table))
    .map(([table, [readable = [], secret = []]]) => [
      table,
      readable.filter((column) => !own.has(`${table}.${column}`)).toSorted(),
      secret.filter((column) => !own.has(`${table}.${column}`)).toSorted(),
    ])
  const byName = ([a]: unknown[], [b]: unknown[]) => `${a}`.localeCompare(`${b}`)
  expect(listed.toSorted(byName)).toEqual(found.toSorted(byName))
})

test('README.md has at most 130 lines', () => {
  expect(readFileSync('README.md', 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(130)
})
