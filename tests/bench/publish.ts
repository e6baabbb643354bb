import { figureOf, machine, tableOf, type Row } from './table'

// The columns of the table in the README.
const SELECTED: [id: string, head: string][] = [
  ['d', 'profile page of a user'],
  ['e', '`/api/me` with a token'],
  ['f 8', 'logins, 8 at once'],
  ['h', 'profile page, of a million users'],
  ['i', 'start'],
  ['j', 'memory'],
  ['k', 'first page view'],
]

/** The README does not show these rows, so a comparison needs their names. */
const NAMES: Record<string, string> = {
  '(b)': 'bare Elysia with the same bytes',
  '(b2)': 'a hand-written session app',
  '(h few)': 'a small database',
}

/** Replaces the tables in the documents. */
export async function publish(rows: Row[]) {
  const { at, cores, bun } = machine()
  const environment = `Measured on ${at} with Bun ${bun} on ${cores} shared cores (${await systemName()}).`
  await replaceBelow('## Figures', 'docs/explanation/performance.md', `${environment}\n\n${tableOf(rows)}`)
  await replaceBelow('## Performance', 'README.md', `${environment}\n\n${shortTableOf(rows)}`)
  await Bun.spawn([process.execPath, 'fmt', 'docs/explanation/performance.md', 'README.md'], { stdout: 'ignore' })
    .exited
}

/** Replaces everything from the heading to the end of the next table. */
async function replaceBelow(heading: string, path: string, text: string) {
  const [before = '', after] = (await Bun.file(path).text()).split(`${heading}\n`)
  if (after === undefined) throw new Error(`${path} has no heading "${heading}"`)
  await Bun.write(path, `${before}${heading}\n\n${text}\n${after.replace(/^[^]*?(\|.*\n)+/, '')}`)
}

function shortTableOf(rows: Row[]) {
  const selected = SELECTED.map(([id]) => rows.find((row) => row.id === id))
  const figures = selected.map((row) => (row ? figureOf(row) : ''))
  const comparisons = selected.map((row) =>
    row?.ratio === undefined ? '' : `${row.ratio.toFixed(2)} of ${NAMES[row.of ?? ''] ?? row.of}`,
  )
  return [SELECTED.map(([, head]) => head), SELECTED.map(() => '--:'), figures, comparisons]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

async function systemName() {
  const release = await Bun.file('/etc/os-release')
    .text()
    .catch(() => '')
  return /^PRETTY_NAME="(.*)"$/m.exec(release)?.[1] ?? process.platform
}
