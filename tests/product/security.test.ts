import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { Glob } from 'bun'
import { coreTables, ownNames } from './core-tables'
import { joinRows } from '../support/joined-rows'
import { findTitles } from '../support/titles'

const read = (path: string) => readFileSync(path, 'utf8')
const security = read('SECURITY.md')
const pages = ['docs/reference/asvs-1-10.md', 'docs/reference/asvs-11-17.md'].map(read).map(joinRows)

// ASVS 5.0.0: number of rows of level 1 and 2 per section. They precede the rows of level 3.
const SECTIONS = new Map(
  `1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 4.3:2
  4.4:4 5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2
  7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3 11.1:2 11.2:3
  11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3 15.1:3
  15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:4 17.3:2`
    .split(/\s+/)
    .map((section) => section.split(':'))
    .map(([section = '', many]) => [section, Number(many)]),
)
const LEVEL_1 =
  `1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.3.1 1.3.2 1.5.1 2.1.1 2.2.1 2.2.2 2.3.1 3.2.1 3.2.2 3.3.1 3.4.1 3.4.2 3.5.1 3.5.2
  3.5.3 4.1.1 4.4.1 5.2.1 5.2.2 5.3.1 5.3.2 6.1.1 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.3.1 6.3.2 6.4.1 6.4.2 7.2.1
  7.2.2 7.2.3 7.2.4 7.4.1 7.4.2 8.1.1 8.2.1 8.2.2 8.3.1 9.1.1 9.1.2 9.1.3 9.2.1 10.4.1 10.4.2 10.4.3 10.4.4 10.4.5 11.3.1 11.3.2
  11.4.1 12.1.1 12.2.1 12.2.2 13.4.1 14.2.1 14.3.1 15.1.1 15.2.1 15.3.1`.split(/\s+/)

const idsOf = (section: string) => Array.from({ length: SECTIONS.get(section) ?? 0 }, (_, i) => `${section}.${i + 1}`)
const all = [...SECTIONS.keys()].flatMap(idsOf)

const rows = pages
  .flatMap((page) => page.split('\n'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, id = '']) => /^\d+\.\d+\.\d+$/.test(id))
  .map(([, id = '', level = '', what = '', status = '', how = '', ...rest]) => ({ id, level, what, status, how, rest }))

/** Rows that cannot apply, one line per reason; a section stands for all its rows. */
const reasons = (pages[0]?.split('## What cannot apply')[1]?.split('\n## ')[0] ?? '').match(/^- .+/gm) ?? []
const inapplicable = reasons.flatMap((line) =>
  (/^- ([\d., ]+): .{15,}$/.exec(line)?.[1] ?? `no reason in "${line}"`)
    .split(', ')
    .flatMap((id) => (SECTIONS.has(id) ? idsOf(id) : id)),
)

const inOrder = (ids: string[]) => ids.toSorted((a, b) => all.indexOf(a) - all.indexOf(b))

test('every ASVS 5.0 row of level 1 and 2 appears once with its status or a reason', () => {
  expect([all.length, LEVEL_1.length]).toEqual([253, 70])
  expect(inOrder([...rows.map(({ id }) => id), ...inapplicable])).toEqual(all)
  expect(rows.map(({ id }) => id)).toEqual(inOrder(rows.map(({ id }) => id)))
  const odd = rows.filter(({ id, level, what, status, rest }) => {
    const isWhole = level === (LEVEL_1.includes(id) ? '1' : '2') && what.length > 5 && rest.length === 1
    return !isWhole || !['met', 'not yet'].includes(status)
  })
  expect(odd).toEqual([])
})

test('every met row names an existing test, and every open row has a reason', () => {
  const titles = new Map<string, string[]>()
  const titlesOf = (name: string) => {
    const path = `tests/${name}.test.ts`
    if (!titles.has(name)) titles.set(name, existsSync(path) ? findTitles(path) : [])
    return titles.get(name) ?? []
  }
  const errors = rows.flatMap(({ id, status, how }) => {
    if (status === 'not yet') return how.length > 40 ? [] : [`${id} does not say why`]
    const named = [...how.matchAll(/`([\w/.-]+)` "([^"]+)"/g)]
    const missing = named.filter(([, name = '', words = '']) => !titlesOf(name).some((title) => title.includes(words)))
    return [
      ...(named.length > 0 ? [] : [`${id} names no test`]),
      ...missing.map(([text]) => `${id}: no such test, ${text}`),
    ]
  })
  expect(errors).toEqual([])
})

test('every case that a row names is a case of the architecture test', () => {
  const cases = [...read('tests/architecture.test.ts').matchAll(/^ {4}power: '([^']+)'/gm)].map(([, power]) => power)
  const named = rows.flatMap(({ how }) => [...how.matchAll(/case "([^"]+)"/g)].map(([, power]) => power))
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter((power) => !cases.includes(power))).toEqual([])
})

test('the counts match the rows', () => {
  const count = (status: string) => rows.filter((row) => row.status === status).length
  expect(security.replace(/\s+/g, ' ')).toContain(
    `OWASP ASVS 5.0 has 253 rows at level 1 and 2. Of these, ${inapplicable.length} cannot apply, ` +
      `${count('met')} are met, and ${count('not yet')} are not yet met.`,
  )
})

const section = (heading: string) => security.split(`# ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
const words = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)

test('the inventory has every file that uses cryptography, and no other', async () => {
  const paths = [...new Glob('{src,db}/**/*.{ts,tsx}').scanSync('.')]
  const uses =
    /Bun\.(password|SHA\w+|MD\w|CryptoHasher)\b|crypto\.(subtle|getRandomValues|random)|node:crypto|'otpauth'|verify(Authentication|Registration)Response\b/
  const using = paths.filter((path) => uses.test(read(path)))
  expect(
    words(section('Cryptography'))
      .filter((word) => /^(src|db)\//.test(word))
      .toSorted(),
  ).toEqual(using.toSorted())
})

test('the list of stored data has every table of the database, and no other', async () => {
  const [tables, own] = [(await coreTables()).map(({ name }) => name), await ownNames()]
  const listed = [...section('What is stored').matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name)
  expect(listed.filter((name) => !own.has(name)).toSorted()).toEqual(tables.toSorted())
})

test('the policy for vulnerability reports is complete', () => {
  for (const said of ['within 3 working days', 'Safe harbor', '/.well-known/security.txt', '90 days after your report'])
    expect(section('Reporting a vulnerability')).toContain(said)
  for (const [severity, within] of [
    ['critical', '48 hours'],
    ['high', '7 days'],
    ['lower', '30 days'],
  ])
    expect(section('Reporting a vulnerability')).toMatch(new RegExp(`^\\| ${severity}[^|]*\\| ${within}`, 'm'))
})
