import { expect, test } from 'bun:test'
import { atLeast, atMost, listErrors, tableOf, type Row } from './table'

const complete: Row[] = [...'abcdefghijk'].map((id) => ({
  id,
  what: `measurement ${id}`,
  value: 1234.5,
  unit: '/s',
  ...('dfghik'.includes(id) && { of: '(b)', ratio: 0.49, ...atLeast(0.5, 0.49) }),
}))

test('a row of the benchmark table shows the measurement, its comparison and whether it meets its aim', () => {
  const rows: Row[] = [
    { id: 'd', what: 'a page', value: 1234.5, unit: '/s', of: '(b)', ratio: 0.49, cpu: 99.5, ...atLeast(0.5, 0.49) },
    { id: 'i', what: 'the start', value: 212.3, unit: 'ms', note: 'cold', ...atMost(300, 212.3, ' ms') },
  ]
  expect(tableOf(rows).split('\n').slice(2)).toEqual([
    '| d | a page | 1,235/s | 0.49 of (b) | 99.5 |  |  | at least 0.5: **missed** |',
    '| i | the start (cold) | 212 ms |  |  |  |  | at most 300 ms: met |',
  ])
})

test('a benchmark table is complete if every measurement has a result, even a slow one', () => {
  expect(listErrors(complete)).toEqual([])
  expect(listErrors(complete.filter(({ id }) => id !== 'e'))).toEqual(['(e) is missing'])
  expect(listErrors([...complete, complete[0] as Row])).toEqual(['(a) is a duplicate'])
  expect(listErrors(complete.map(({ aim, ...row }) => (row.id === 'k' ? row : { ...row, aim })))).toEqual([
    '(k) has no aim',
  ])
  expect(listErrors(complete.map((row) => (row.id === 'c' ? { ...row, value: Number.NaN } : row)))).toEqual([
    '(c) has NaN for value',
  ])
})
