import { expect, test } from 'bun:test'
import { comparable, differentBytes, maxDifferentBytes } from './bytes'
import { cookiesIn, outcomeOf } from './http'
import { auc, median, shuffled, table } from './numbers'

test('equal times have an AUC of 0.5, and separate times an AUC of 0 or 1', () => {
  expect(auc([1, 2, 3], [1, 2, 3])).toBe(0.5)
  expect(auc([5, 5, 5], [5, 5, 5])).toBe(0.5)
  expect(auc([1, 2, 3], [4, 5, 6])).toBe(1)
  expect(auc([4, 5, 6], [1, 2, 3])).toBe(0)
})

test('the AUC is the share of pairs in which the second time is longer, and a tie counts half', () => {
  expect(auc([1, 3], [2, 4])).toBe(0.75)
  expect(auc([1, 2], [2])).toBe(0.75)
  expect(auc([1, 3], [2, 4]) + auc([2, 4], [1, 3])).toBe(1)
})

test('the median is the middle value or the mean of the two middle values', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([4, 1, 3, 2])).toBe(2.5)
})

test('shuffling keeps all elements', () => {
  expect(shuffled([3, 1, 2]).toSorted()).toEqual([1, 2, 3])
})

test('a table aligns numbers to the right', () => {
  expect(
    table(
      ['text', 'n'],
      [
        ['one', '1'],
        ['two', '12'],
      ],
    ),
  ).toBe(['| text |   n |', '| ---- | --: |', '| one  |   1 |', '| two  |  12 |'].join('\n'))
})

test('the comparable form of a response hides only the date and the typed text', () => {
  const answer = (email: string, second: number) => ({
    head: `HTTP/1.1 422 X\r\nDate: Fri, 27 Nov 2026 10:00:0${second} GMT\r\nVary: Cookie`,
    body: `<input value="${email}">`,
  })
  const [ann, eve] = [
    comparable(answer('ann@a.test', 1), ['ann@a.test']),
    comparable(answer('eve@a.test', 2), ['eve@a.test']),
  ]
  expect(ann).toBe('HTTP/1.1 422 X\r\nVary: Cookie\r\n\r\n<input value="…">')
  expect(differentBytes(ann, eve)).toBe(0)
})

test('the comparison counts different and additional bytes', () => {
  expect(differentBytes('HTTP/1.1 422', 'HTTP/1.1 429')).toBe(1)
  expect(differentBytes('Vary: Cookie', 'Vary: Cookie, A')).toBe(3)
  expect(differentBytes('É', 'é')).toBe(1) // one of two bytes differs
  expect(maxDifferentBytes(['abc', 'abc', 'abd', 'xyz'])).toBe(3)
  expect(maxDifferentBytes(['abc', 'abc'])).toBe(0)
})

test('an outcome is a status and a redirect path without ids', () => {
  const head =
    'HTTP/1.1 303 See Other\r\nLocation: /admin/users/AAAAAAAAAAAAAAAAAAAAAA?next=/x\r\nSet-Cookie: session=; Path=/'
  const answer = { status: 303, head, body: '', took: 1 }
  expect(outcomeOf(answer)).toBe('303 /admin/users/:id')
  expect(outcomeOf({ ...answer, status: 422, head: 'HTTP/1.1 422 X' })).toBe('422')
  expect(cookiesIn(answer)).toEqual(new Map([['session', '']]))
})
