import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { Glob } from 'bun'
import { joinRows } from '../../support/joined-rows'
import { findTitles } from '../../support/titles'

const page = joinRows(readFileSync('docs/reference/flask-login.md', 'utf8'))

const rows = page
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, id = '']) => /^(FL-|D)\d+$/.test(id))
  .map((cells) => ({ id: cells[1] ?? '', cells: cells.length, covered: cells.at(-2) ?? '' }))

const titlesIn = (covered: string) => [...covered.matchAll(/`([^`]+)`/g)].map(([, title = '']) => title)

test('every feature and every defect has exactly one row', () => {
  const numbers = (many: number, name: (n: string) => string) =>
    Array.from({ length: many }, (_, i) => name(`${i + 1}`))
  const wanted = [...numbers(97, (n) => `FL-${n.padStart(2, '0')}`), ...numbers(17, (n) => `D${n}`)]
  expect(rows.map(({ id }) => id)).toEqual(wanted)
  expect(rows.filter(({ cells }) => cells !== 6)).toEqual([])
})

test('every row names existing tests or a reason, and every defect has a test', () => {
  const titles = new Set([...new Glob('tests/**/*.test.ts').scanSync('.')].flatMap(findTitles))
  expect(titles.size).toBeGreaterThan(300)
  const errors = rows.flatMap(({ id, covered }) => {
    if (/^does not apply: \S.{10,}$/.test(covered)) return id.startsWith('D') ? [`${id} has no test`] : []
    const named = titlesIn(covered)
    const isClean = named.length > 0 && named.map((title) => `\`${title}\``).join(' · ') === covered
    return [
      ...(isClean ? [] : [`${id} has neither tests nor a reason`]),
      ...named.filter((title) => !titles.has(title)).map((title) => `${id}: no test is called ${title}`),
    ]
  })
  expect(errors).toEqual([])
})
