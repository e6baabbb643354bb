import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'

const page = readFileSync('docs/reference/settings.md', 'utf8')

/** The first cell of each row of the table below a heading, its `code` words only. */
const firstCells = (heading: string) =>
  (page.split(`## ${heading}`)[1]?.split('\n## ')[0] ?? '')
    .split('\n')
    .flatMap((line) => (/^\|([^|]*)\|/.exec(line)?.[1] ?? '').match(/(?<=`)[^`\s]+(?=`)/g) ?? [])

test('the table and .env.example have every setting, and nothing else', () => {
  const read = [
    ...readFileSync('src/config/env.ts', 'utf8').matchAll(/(?:read|whole|duration|choice)\(\s*'([A-Z_]+)'/g),
  ].map(([, name = '']) => name)
  expect(read.length).toBeGreaterThan(10)
  expect(firstCells('Settings').toSorted()).toEqual(read.toSorted())
  const example = [...readFileSync('.env.example', 'utf8').matchAll(/^# ([A-Z_]+)=/gm)].map(([, name = '']) => name)
  expect(example.toSorted()).toEqual(read.filter((name) => name !== 'NODE_ENV').toSorted())
})
