import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { Glob } from 'bun'

test('the document names every test of an injected fault and no other file', () => {
  const table = readFileSync('docs/explanation/failures.md', 'utf8').split('\n## ')[0] ?? ''
  const shown = new Set(table.match(/(?<=`)tests\/[^`]+(?=`)/g))
  expect([...shown].filter((path) => !existsSync(path))).toEqual([])
  const tests = [...new Glob('tests/faults/*.test.ts').scanSync('.')]
  expect(tests.filter((path) => !shown.has(path))).toEqual([])
})
