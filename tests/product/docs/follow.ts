import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const BLOCK = /^```(tsx?|diff) (\S+)\n([^]*?)^```$/gm

type Block = { kind: string; path: string; code: string }

/** The code blocks of a page that name a file. */
const blocksOf = (page: string): Block[] =>
  [...readFileSync(page, 'utf8').matchAll(BLOCK)].map(([, kind = '', path = '', code = '']) => ({ kind, path, code }))

/** How many files a page writes or edits, and how many new files and edits it has. */
export function countChanges(page: string) {
  const blocks = blocksOf(page)
  return { files: new Set(blocks.map(({ path }) => path)).size, edits: blocks.length }
}

/** Does what a page says: writes its files and applies its diffs. */
export async function follow(page: string, folder: string) {
  for (const { kind, path, code } of blocksOf(page)) {
    const file = join(folder, path)
    if (kind === 'diff') await Bun.write(file, apply(code, await Bun.file(file).text(), path))
    else await Bun.write(file, code)
  }
}

/** The lines without `+` must stand together in the file, and only once. */
function apply(diff: string, text: string, path: string) {
  const lines = diff.trimEnd().split('\n')
  const without = (sign: string) => lines.filter((line) => line[0] !== sign).map((line) => line.slice(1))
  const [before, after] = [without('+'), without('-')]
  const found = `\n${text}`.split(`\n${before.join('\n')}\n`)
  if (found.length !== 2) throw new Error(`${path} has ${found.length - 1} times: ${before.join('\n')}`)
  return found.join(`\n${after.join('\n')}\n`).slice(1)
}
