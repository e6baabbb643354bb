import { availableParallelism } from 'node:os'

export type Row = {
  /** The letter of the question, so that two runs can be laid side by side. */
  id: string
  what: string
  value: number
  unit: string
  /** Against what it is measured, and its share of that. */
  of?: string
  ratio?: number
  /** Microseconds of the server's processor time for each request. */
  cpu?: number
  p50?: number
  p99?: number
  aim?: string
  isMet?: boolean
  note?: string
}

/** What the numbers were measured on, as far as it tells something. */
export const machine = () => ({
  at: new Date().toISOString().slice(0, 10),
  cores: availableParallelism(),
  system: `${process.platform} ${process.arch}`,
  bun: Bun.version,
})

export const atLeast = (least: number, ratio: number) => ({ aim: `at least ${least}`, isMet: ratio >= least })
export const atMost = (most: number, value: number, unit = '') => ({
  aim: `at most ${most}${unit}`,
  isMet: value <= most,
})

const round = (n: number) => (n >= 100 ? Math.round(n).toLocaleString('en') : n.toFixed(n >= 10 ? 1 : 2))
const orNothing = (n: number | undefined) => (n === undefined ? '' : round(n))

export const figureOf = ({ value, unit }: Pick<Row, 'value' | 'unit'>) => `${round(value)} ${unit}`.replace(' /s', '/s')

const cellsOf = ({ id, what, value, unit, of, ratio, cpu, p50, p99, aim, isMet, note }: Row) => [
  id,
  note ? `${what} (${note})` : what,
  figureOf({ value, unit }),
  ratio === undefined ? '' : `${ratio.toFixed(2)} of ${of}`,
  orNothing(cpu),
  orNothing(p50),
  orNothing(p99),
  aim ? `${aim}: ${isMet ? 'met' : '**missed**'}` : '',
]

export function tableOf(rows: Row[]) {
  const head = ['', 'what', 'figure', 'beside', 'CPU µs a request', 'p50 ms', 'p99 ms', 'aim']
  const rule = head.map((_, i) => (i === 2 || (i > 3 && i < 7) ? '--:' : '---'))
  return [head, rule, ...rows.map(cellsOf)].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const QUESTIONS = 'abcdefghijk'
const AIMS = 'dfghik'

/** What is wrong with the table itself: a question without an answer, a number that is none. Never how fast it was. */
export function flawsIn(rows: Row[]) {
  const ids = new Set(rows.map(({ id }) => id[0]))
  const missing = [...QUESTIONS].filter((id) => !ids.has(id)).map((id) => `(${id}) is missing`)
  const aimless = [...AIMS]
    .filter((id) => !rows.some((row) => row.id.startsWith(id) && row.aim))
    .map((id) => `(${id}) has no aim`)
  const twice = rows
    .filter(({ id }, i) => rows.findIndex((row) => row.id === id) !== i)
    .map(({ id }) => `(${id}) is there twice`)
  const unmeasured = rows.flatMap((row) =>
    Object.entries(row).flatMap(([key, value]) =>
      typeof value === 'number' && !(value > 0 && Number.isFinite(value)) ? `(${row.id}) has ${value} for ${key}` : [],
    ),
  )
  return [...missing, ...aimless, ...twice, ...unmeasured]
}
