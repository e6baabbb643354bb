import { expect, test } from 'bun:test'
import { Glob } from 'bun'

// Words that made this code hard to read. The standard term for each idea replaced them.
const DENIED = [
  /\b(whoever|whom|nobody|somebody|anybody|so many|thrown away|mended|grave|strangers?|thief|broom|sweep\w*|curtain)\b/gi,
  /\b(draft\w*|visits?|guess\w*|flaws?|mistakes?|drawn|slides?|unseen|the house)\b/gi,
  /\b(MOST|LONGEST|KEPT_FOR|TOLD_FOR)\w*/g, // names of constants
]

/** Places that keep a word on purpose, at most ten: the file, the word, and the reason. */
const ALLOWED: [path: string, word: string, reason: string][] = [
  ['src/model/passwords/strength.ts', 'guess', 'the advice about a weak password is clearest with this word'],
  ['src/model/passwords/strength.ts', 'guesseslog10', 'the library names its result so'],
  ['src/features/forgot-password/mails.tsx', 'mistake', 'a user says so about the decision of an administrator'],
]

const SELF = 'tests/product/plain-english.test.ts'
const FILES = ['{src,db,public,tests,docs}/**/*.{ts,tsx,js,css,md}', 'README.md', 'SECURITY.md']

const isAllowed = (path: string, word: string) =>
  ALLOWED.some(([file, one]) => file === path && one === word.toLowerCase())

const findDenied = (path: string, text: string) =>
  text.split('\n').flatMap((line, i) =>
    DENIED.flatMap((denied) => [...line.matchAll(denied)].map(([word]) => word))
      .filter((word) => !isAllowed(path, word))
      .map((word) => `${path}:${i + 1} says "${word}"`),
  )

test('code, tests and docs use plain words', async () => {
  const paths = FILES.flatMap((pattern) => [...new Glob(pattern).scanSync('.')]).filter((path) => path !== SELF)
  expect(paths.length).toBeGreaterThan(200)
  const found = await Promise.all(paths.toSorted().map(async (path) => findDenied(path, await Bun.file(path).text())))
  expect(found.flat()).toEqual([])
})

test('a denied word is reported with its line, and a part of another word is not', () => {
  expect(findDenied('docs/a.md', 'plain\nSomebody sweeping MOST_TOKENS\nrevisited, mostly')).toEqual([
    'docs/a.md:2 says "Somebody"',
    'docs/a.md:2 says "sweeping"',
    'docs/a.md:2 says "MOST_TOKENS"',
  ])
})

test('the allow list is short, and each entry is needed', async () => {
  expect(ALLOWED.length).toBeLessThanOrEqual(10)
  for (const [path, word, reason] of ALLOWED) {
    expect((await Bun.file(path).text()).toLowerCase()).toContain(word)
    expect(reason.length).toBeGreaterThan(10)
  }
})

async function git(...args: string[]) {
  const ran = Bun.spawn(['git', ...args], { stdout: 'pipe', stderr: 'ignore' })
  const out = await new Response(ran.stdout).text()
  return (await ran.exited) === 0 ? out.trim().split('\n').filter(Boolean) : []
}

/** The commits since this file was added. None in an archive or in a shallow clone, where that commit is unknown. */
async function subjects() {
  const [isShallow] = await git('rev-parse', '--is-shallow-repository')
  const [added] =
    isShallow === 'false' ? (await git('log', '--diff-filter=A', '--format=%H', '--', SELF)).slice(-1) : []
  return added === undefined ? [] : git('log', '--format=%s', `${added}..HEAD`)
}

const tooLong = (lines: string[]) => lines.filter((line) => line.length > 60)

test('commit subjects have at most 60 characters', async () => {
  expect(tooLong(await subjects())).toEqual([])
  expect(tooLong(['x'.repeat(61), 'x'.repeat(60)])).toEqual(['x'.repeat(61)])
})
