import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'bun:test'

const BLOCK = /^```(tsx?|svg|diff|sh)(?: (\S+))?\n([^]*?)^```$/gm

type Block = { kind: string; path: string; code: string }

/** The code blocks of a text. Commands have no path. */
const blocksOf = (text: string): Block[] =>
  [...text.matchAll(BLOCK)].map(([, kind = '', path = '', code = '']) => ({ kind, path, code }))

/** How many files a page writes or edits, and how many new files and edits it has. */
export function countChanges(page: string) {
  const blocks = blocksOf(readFileSync(page, 'utf8')).filter(({ path }) => path !== '')
  return { files: new Set(blocks.map(({ path }) => path)).size, edits: blocks.length }
}

const isFollowed = (page: string) =>
  blocksOf(readFileSync(page, 'utf8')).some(({ kind, path }) => kind !== 'diff' && path !== '' && existsSync(path))

/** For a test that follows these pages. An app whose developer has followed one cannot follow it twice. */
export const testUnfollowed = (...pages: string[]) => test.skipIf(pages.some(isFollowed))

/** Does what a page says: writes its files and applies its diffs. */
export const follow = (page: string, folder: string) => followText(readFileSync(page, 'utf8'), folder)

/** Does what a part of a page says. Only its command `rm` changes files. */
export async function followText(text: string, folder: string) {
  for (const { kind, path, code } of blocksOf(text)) {
    const file = join(folder, path)
    if (kind === 'sh') deleteFiles(code, folder)
    else if (path === '')
      continue // a fragment that explains
    else if (kind === 'diff') await Bun.write(file, apply(code, await Bun.file(file).text(), path))
    else await Bun.write(file, code)
  }
}

function deleteFiles(commands: string, folder: string) {
  for (const [, paths = ''] of commands.matchAll(/^rm (?:-r )?(.+)$/gm))
    for (const path of paths.split(' ')) rmSync(join(folder, path), { recursive: true })
}

/** The lines without `+` must stand together in the file, and only once. */
function apply(diff: string, text: string, path: string) {
  const lines = diff.trimEnd().split('\n')
  const without = (sign: string) => lines.filter((line) => line[0] !== sign).map((line) => line.slice(1))
  const [before, after] = [without('+'), without('-')]
  const found = `\n${text}`.split(`\n${before.join('\n')}\n`)
  if (found.length !== 2) throw new Error(`${path} has ${found.length - 1} times: ${before.join('\n')}`)
  return found.join(['', ...after, ''].join('\n')).slice(1)
}
