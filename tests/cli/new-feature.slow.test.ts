import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, setDefaultTimeout, test } from 'bun:test'
import { Glob } from 'bun'
import ts from 'typescript'
import { parseFeatureName } from '@/cli/feature-name'
import { createFeature } from '@/cli/new-feature'
import { cloneApp, runBun } from '../support/clone'
import { tempFolder } from '../support/temp'

setDefaultTimeout(60_000)

const newFeature = (folder: string, ...args: string[]) => runBun(folder, 'src/new-cli.ts', ...args)
const NAMES = ['probes', 'probe-page', 'p1-q2-r3', 'number', 'an-unusually-long-name-of-30ch']

test('a new feature is formatted, has no type error and passes its test and the architecture test', async () => {
  const folder = cloneApp(/^(docs|tests\/(product|e2e|attacks|faults|bench|proofs))$/)
  for (const name of NAMES) {
    const { code, out, err } = await newFeature(folder, 'feature', name)
    expect([name, code, err]).toEqual([name, 0, ''])
    expect(out).toContain(`Created the page /${name}:\n  src/features/${name}/routes.ts`)
  }
  const tests = ['architecture', 'features/home', ...NAMES.map((name) => `features/${name}`)]
  const checks = await Promise.all([
    runBun(folder, 'check', '--no-script'),
    runBun(folder, 'run', 'lint'),
    runBun(folder, 'test', '--timeout', '20000', ...tests.map((name) => `tests/${name}.test.ts`)),
  ])
  expect(checks.map(({ code, out, err }) => (code === 0 ? '' : out + err))).toEqual(['', '', ''])
})

test('the name with dashes becomes an address, a variable, a component and a title', () => {
  expect(parseFeatureName('my-notes')).toEqual({
    folder: 'my-notes',
    variable: 'myNotes',
    page: 'MyNotesPage',
    title: 'My notes',
  })
})

/** All files with their content. */
const contentOf = (folder: string) =>
  Object.fromEntries(
    [...new Glob('**').scanSync({ cwd: folder, onlyFiles: false })]
      .filter((path) => !path.startsWith('node_modules'))
      .toSorted()
      .map((path) => [path, statSync(join(folder, path)).isFile() ? readFileSync(join(folder, path), 'utf8') : '']),
  )

const app = cloneApp(/^(docs|public|tests\/(?!features))/)

test.each([
  ['', 'the name "" is not valid. Use lower-case letters, digits and single dashes, for example my-notes'],
  ['Notes', 'the name "Notes" is not valid'],
  ['my notes', 'the name "my notes" is not valid'],
  ['my_notes', 'the name "my_notes" is not valid'],
  ['my--notes', 'the name "my--notes" is not valid'],
  ['-notes', 'the name "-notes" is not valid'],
  ['notes-', 'the name "notes-" is not valid'],
  ['1notes', 'the name "1notes" is not valid'],
  ['../notes', 'the name "../notes" is not valid'],
  ['notes/new', 'the name "notes/new" is not valid'],
  ['notes.ts', 'the name "notes.ts" is not valid'],
  ['ñotes', 'the name "ñotes" is not valid'],
  ['notes\n', 'the name "notes\\n" is not valid'],
  ['n'.repeat(31), 'the name is longer than 30 characters'],
  ['profile', 'src/features/profile already exists'],
  ['limits', 'tests/features/limits.test.ts already exists'],
  ['home', 'the name "home" is reserved for the core'],
  ['probe', 'the name "probe" is reserved for the core'],
  ['class', 'the name "class" is a keyword of TypeScript'],
  ['await', 'the name "await" is a keyword of TypeScript'],
  ['guards', 'src/app.ts already uses the name guards'],
  ['create-app', 'src/app.ts already uses the name createApp'],
])('the name %j is refused, and nothing changes', async (name, cause) => {
  const before = contentOf(app)
  const { code, out, err } = await newFeature(app, 'feature', name)
  expect([code, out]).toEqual([1, ''])
  expect(err).toStartWith(`new feature failed: ${cause}`)
  expect(contentOf(app)).toEqual(before)
})

test.each([
  [[], 'Adds a page of your own to the app.'],
  [['page', 'notes'], 'unknown command "page"; use bun run new feature NAME'],
  [['feature'], 'NAME is missing; use bun run new feature NAME'],
  [['feature', 'my', 'notes'], 'unexpected argument "notes"; use bun run new feature NAME'],
])('%j is a usage error', async (args, message) => {
  const { code, out, err } = await newFeature(app, ...args)
  expect([code, out]).toEqual([2, ''])
  expect(err).toStartWith(message)
})

test('--help prints the usage', async () => {
  const { code, out } = await newFeature(app, '--help')
  expect([code, out]).toEqual([0, expect.stringContaining('bun run new feature NAME')])
})

/** An app with only the files that the command changes. */
async function smallApp(files: Record<string, string> = {}) {
  const folder = tempFolder('new')
  const all = {
    'src/app.ts': '// Your features\n\n    // Your features\n',
    'src/ui/navigation.ts': '[\n  // Your pages\n]\n',
    ...files,
  }
  for (const [path, text] of Object.entries(all)) await Bun.write(join(folder, path), text)
  mkdirSync(join(folder, 'src/features'))
  return folder
}

test.each([
  ['src/app.ts', '\n    // Your features\n', 'src/app.ts has no line "// Your features"'],
  ['src/app.ts', '// Your features\n', 'src/app.ts has no line "    // Your features"'],
  ['src/ui/navigation.ts', '[\n]\n', 'src/ui/navigation.ts has no line "  // Your pages"'],
  [
    'src/ui/navigation.ts',
    "[{ href: '/notes' }\n  // Your pages\n]",
    'src/ui/navigation.ts already has a link to /notes',
  ],
])('with %s as %j nothing changes', async (path, text, cause) => {
  const folder = await smallApp({ [path]: text })
  const before = contentOf(folder)
  expect(() => createFeature(folder, 'notes')).toThrow(cause)
  expect(contentOf(folder)).toEqual(before)
})

test('a failed write undoes the writes before it', async () => {
  const folder = await smallApp()
  await Bun.write(join(folder, 'tests'), 'a file in the place of the folder')
  const before = contentOf(folder)
  expect(() => createFeature(folder, 'notes')).toThrow()
  expect(contentOf(folder)).toEqual(before)
})

test('every word that cannot be a variable of a module is refused', () => {
  const words = Array.from(
    { length: ts.SyntaxKind.LastKeyword - ts.SyntaxKind.FirstKeyword + 1 },
    (_, i) => ts.tokenToString(ts.SyntaxKind.FirstKeyword + i) ?? '',
  )
  const isRefused = (word: string) => {
    try {
      return parseFeatureName(word) === undefined
    } catch {
      return true
    }
  }
  const isUsable = (word: string) => {
    const text = `import { ${word} } from 'a'\nexport const f = () => ${word}()`
    const { diagnostics = [] } = ts.transpileModule(text, { reportDiagnostics: true, compilerOptions: { target: 99 } })
    return diagnostics.length === 0
  }
  expect(words.length).toBeGreaterThan(60)
  expect(words.filter((word) => !isRefused(word) && !isUsable(word))).toEqual([])
})
