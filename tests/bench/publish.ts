import { figureOf, machine, tableOf, type Row } from './table'

// What the README shows of it, in a line.
const CHOSEN: [id: string, head: string][] = [
  ['d', 'profile page of a user'],
  ['e', '`/api/me` with a token'],
  ['f 8', 'logins, 8 at once'],
  ['h', 'profile page, of a million users'],
  ['i', 'start'],
  ['j', 'memory'],
  ['k', 'first page view'],
]

/** What a figure is compared with, where the README has no line for it. */
const NAMES: Record<string, string> = {
  '(b)': 'bare Elysia with the same bytes',
  '(b2)': 'a session app written by hand',
  '(h few)': 'a small database',
}

/** Puts what was measured where people read it: in the place of the table that stands there. */
export async function publish(rows: Row[]) {
  const { at, cores, bun } = machine()
  const on = `Measured on ${at} with Bun ${bun} on ${cores} shared cores (${await systemName()}).`
  await putBelow('## Figures', 'docs/explanation/performance.md', `${on}\n\n${tableOf(rows)}`)
  await putBelow('## Performance', 'README.md', `${on}\n\n${shortTableOf(rows)}`)
  await Bun.spawn([process.execPath, 'fmt', 'docs/explanation/performance.md', 'README.md'], { stdout: 'ignore' })
    .exited
}

/** The table below a heading, and what stands between them, give way to this. */
async function putBelow(heading: string, path: string, text: string) {
  const [before = '', after] = (await Bun.file(path).text()).split(`${heading}\n`)
  if (after === undefined) throw new Error(`${path} has no heading "${heading}"`)
  await Bun.write(path, `${before}${heading}\n\n${text}\n${after.replace(/^[^]*?(\|.*\n)+/, '')}`)
}

function shortTableOf(rows: Row[]) {
  const chosen = CHOSEN.map(([id]) => rows.find((row) => row.id === id))
  const figures = chosen.map((row) => (row ? figureOf(row) : ''))
  const beside = chosen.map((row) =>
    row?.ratio === undefined ? '' : `${row.ratio.toFixed(2)} of ${NAMES[row.of ?? ''] ?? row.of}`,
  )
  return [CHOSEN.map(([, head]) => head), CHOSEN.map(() => '--:'), figures, beside]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

async function systemName() {
  const release = await Bun.file('/etc/os-release')
    .text()
    .catch(() => '')
  return /^PRETTY_NAME="(.*)"$/m.exec(release)?.[1] ?? process.platform
}
