import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { Glob } from 'bun'

// Colors, sizes and spaces belong to public/styles/theme.css: use one of its variables, or add one there.

const FOLDER = 'public/styles'
const theme = readFileSync(`${FOLDER}/theme.css`, 'utf8')

const stylesheets = Array.from(new Glob('**/*.css').scanSync(FOLDER))
  .filter((name) => name !== 'theme.css')
  .map((name) => ({ name, css: readFileSync(`${FOLDER}/${name}`, 'utf8').replaceAll(/\/\*[^]*?\*\//g, '') }))

const declarations = stylesheets.flatMap(({ name, css }) =>
  Array.from(css.matchAll(/([\w-]+):\s*([^;{}]+);/g), ([text, property = '', value = '']) => ({
    place: `${name}: ${text}`,
    property,
    value,
  })),
)

const NAMED = new Set(
  'aqua black blue brown cyan fuchsia gold gray green grey indigo lime magenta maroon navy olive orange pink purple red silver teal violet white yellow'.split(
    ' ',
  ),
)

const hasColor = (value: string) =>
  /#[\da-f]{3,8}\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color|color-mix|light-dark)\(/i.test(value) ||
  (value.match(/(?<![\w-])[a-z]+(?![\w(-])/gi) ?? []).some((word) => NAMED.has(word.toLowerCase()))

/** A percentage, a number without unit, a duration, an angle and the whole height of the window are no sizes. */
const hasSize = (property: string, value: string) =>
  (value.match(/(?<![\w-])[-+]?(?:\d+\.?\d*|\.\d+)[a-z]+/gi) ?? []).some(
    (size) =>
      !/^-?100d?vh$|(?:\d)(?:s|ms|deg|turn|fr)$/.test(size) && !(property === 'letter-spacing' && size.endsWith('em')),
  )

test('only theme.css contains a literal color', () => {
  expect(declarations.length).toBeGreaterThan(200)
  expect(declarations.filter(({ value }) => hasColor(value)).map(({ place }) => place)).toEqual([])
})

test('only theme.css contains a literal size or space', () => {
  expect(declarations.filter(({ property, value }) => hasSize(property, value)).map(({ place }) => place)).toEqual([])
})

test('the checks find literal colors and sizes', () => {
  for (const color of ['#fff', 'rgb(0 0 0)', '1px solid red', 'White'])
    expect([color, hasColor(color)]).toEqual([color, true])
  for (const color of ['var(--red)', 'currentColor', 'transparent', 'inherit'])
    expect([color, hasColor(color)]).toEqual([color, false])
  for (const size of ['1px', '-0.5rem', '.5em', '0 2ch']) expect([size, hasSize('margin', size)]).toEqual([size, true])
  for (const size of ['0', '50%', '1.25', '100vh', '1s', '1fr', 'var(--s1)'])
    expect([size, hasSize('margin', size)]).toEqual([size, false])
  expect(hasSize('letter-spacing', '-0.02em')).toBe(false)
})

test('theme.css defines every variable that stylesheets and components use', () => {
  const defined = new Set(Array.from(theme.matchAll(/^ {2}(--[\w-]+):/gm), ([, name]) => name))
  const components = Array.from(new Glob('src/**/*.{ts,tsx}').scanSync('.'), (name) => ({
    name,
    css: readFileSync(name, 'utf8'),
  }))
  const used = [...stylesheets, ...components, { name: 'theme.css', css: theme }].flatMap(({ name, css }) =>
    Array.from(css.matchAll(/var\((--[\w-]+)/g), ([, variable]) => ({ name, variable })),
  )
  expect(used.length).toBeGreaterThan(200)
  expect(used.filter(({ variable = '' }) => !variable.endsWith('-') && !defined.has(variable))).toEqual([])
})
