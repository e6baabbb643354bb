import { figureOf, machine, tableOf, type Row } from './table'

const PAGE = 'docs/explanation/performance.md'

// The columns of the summary.
const SELECTED: [id: string, head: string][] = [
  ['d', 'profile page of a user'],
  ['e', '`/api/me` with a token'],
  ['f 8', 'logins, 8 at once'],
  ['h', 'profile page, of a million users'],
  ['i', 'start'],
  ['j', 'memory'],
  ['k', 'first page view'],
]

/** The summary does not show these rows, so a comparison needs their names. */
const NAMES: Record<string, string> = {
  '(b)': 'bare Elysia with the same bytes',
  '(b2)': 'a hand-written session app',
  '(h few)': 'a small database',
}

/** Replaces the tables of the page about performance. */
export async function publish(rows: Row[]) {
  const { at, cores, bun } = machine()
  const environment = `Measured on ${at} with Bun ${bun} on ${cores} shared cores (${await systemName()}).`
  await replaceBelow('## Summary', `${environment}\n\n${shortTableOf(rows)}`)
  await replaceBelow('## Figures', `${environment}\n\n${tableOf(rows)}`)
  await Bun.spawn([process.execPath, 'fmt', PAGE], { stdout: 'ignore' }).exited
}

export async function publishPostgres(rates: string, roundTrips: string) {
  const { at, cores, bun } = machine()
  const load = (await Bun.file('/proc/loadavg').text()).split(' ')[0]
  const environment = `Measured on ${at} with Bun ${bun} on ${cores} shared cores with a load of ${load} (${await systemName()}).`
  await replaceBelow('### Rates', `${environment}\n\n${rates}`)
  await replaceBelow('### Round trips', `${environment}\n\n${roundTrips}`)
  await Bun.spawn([process.execPath, 'fmt', PAGE], { stdout: 'ignore' }).exited
}

/** Replaces everything from the heading to the end of the next table. */
async function replaceBelow(heading: string, text: string) {
  const [before = '', after] = (await Bun.file(PAGE).text()).split(`${heading}\n`)
  if (after === undefined) throw new Error(`${PAGE} has no heading "${heading}"`)
  await Bun.write(PAGE, `${before}${heading}\n\n${text}\n${after.replace(/^[^]*?(\|.*\n)+/, '')}`)
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
