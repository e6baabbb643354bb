import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { Glob } from 'bun'

const pages = [...new Glob('docs/**/*.md').scanSync('.')].toSorted()

test('every page has a title and then one sentence that says what the reader can do after it', () => {
  expect(pages.length).toBeGreaterThan(20)
  const started = /^# [^\n]+\n\nAfter this page you [^.\n]+(\.[^ .\n][^.\n]*)*\.\n\n/
  expect(pages.filter((page) => !started.test(readFileSync(page, 'utf8')))).toEqual([])
})

test('table cells have at most 120 characters', () => {
  const long = ['README.md', 'SECURITY.md', 'CHANGELOG.md', ...pages].flatMap((page) =>
    readFileSync(page, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('|') && line.split('|').some((cell) => cell.trim().length > 120))
      .map((line) => `${page}: ${line}`),
  )
  expect(long).toEqual([])
})
