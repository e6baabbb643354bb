import { readFileSync } from 'node:fs'
import { expect, setDefaultTimeout, test } from 'bun:test'
import { cloneApp, runBun } from '../../support/clone'
import { follow } from './follow'

setDefaultTimeout(60_000)

/** Suites that show the name, the texts, the logo, the colors and the token prefix. */
const SUITES = [
  'features/branding',
  'features/home',
  'features/styleguide',
  'features/tokens',
  'features/api-credentials',
  'features/api-openapi',
  'http/assets/assets',
  'ui/stylesheets',
  'pages',
]

test('an app that follows the page has its own style and no failure', async () => {
  const folder = cloneApp()
  await follow('docs/style.md', folder)
  const suites = SUITES.map((name) => `tests/${name}.test.ts`)
  const [types, format, tests] = await Promise.all([
    runBun(folder, 'check', '--no-script'),
    runBun(folder, 'fmt', '--check', 'src', 'public'),
    runBun(folder, 'test', '--timeout', '30000', ...suites),
  ])
  const failed = `${tests.out}${tests.err}`.split('\n').filter((line) => line.startsWith('(fail)'))
  expect([types, format, failed]).toEqual([
    expect.objectContaining({ code: 0 }),
    expect.objectContaining({ code: 0 }),
    [],
  ])
  expect(tests.code).toBe(0)
})

test('the page explains every member of the branding', async () => {
  const { branding } = await import('@/config/branding')
  const rows = [...readFileSync('docs/style.md', 'utf8').matchAll(/^\| `(\w+)` /gm)].map(([, name]) => name)
  expect(rows).toEqual(Object.keys(branding))
})
