import { expect, test } from 'bun:test'
import { Glob } from 'bun'

// An adopter can delete tests/product and keep a green suite with another name, other docs and other pages.
const PRODUCT: [what: string, pattern: RegExp][] = [
  ['reads the docs', /README|SECURITY\.md|['"`]docs\/\w/],
  ['names the product', /latchkey/i],
  ['asks the example feature', /\/hello\b/],
  ['imports a product test', /\/product\//],
]

const findProduct = (path: string, text: string) =>
  PRODUCT.flatMap(([what, pattern]) => (pattern.test(text) ? [`${path} ${what} (${pattern.exec(text)?.[0]})`] : []))

test('no test outside tests/product depends on the product', async () => {
  const paths = [...new Glob('tests/**/*.{ts,tsx}').scanSync('.')]
  // The benchmark writes its results into the docs. The architecture test names the folder in its rules.
  const others = paths.filter((path) => !/^tests\/((product|bench)\/|architecture\.test\.ts$)/.test(path)).toSorted()
  expect(others.length).toBeGreaterThan(100)
  const found = await Promise.all(others.map(async (path) => findProduct(path, await Bun.file(path).text())))
  expect(found.flat()).toEqual([])
})

test('the code names the product only in branding.ts, except for the default database file', async () => {
  const paths = [...new Glob('{src,db,public}/**/*.{ts,tsx,js,css,svg}').scanSync('.')]
  const others = paths.filter((path) => path !== 'src/config/branding.ts' && !path.includes('.sqlite'))
  expect(others.length).toBeGreaterThan(150)
  const found = await Promise.all(
    others.map(async (path) => {
      const text = (await Bun.file(path).text()).replace("'sqlite:db/latchkey.sqlite'", '')
      return /latchkey|\blk_/i.test(text) ? path : []
    }),
  )
  expect(found.flat()).toEqual([])
})

test.each([
  ["readFileSync('README.md')", 'reads the docs'],
  ["readFileSync('docs/auth.md')", 'reads the docs'],
  ["'· Latchkey'", 'names the product'],
  ["get('/hello')", 'asks the example feature'],
  ["from '../product/docs/examples'", 'imports a product test'],
])('%s is reported', (text, what) => {
  expect(findProduct('tests/a.test.ts', text)).toEqual([expect.stringContaining(what)])
})
