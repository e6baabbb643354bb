import { availableParallelism } from 'node:os'

export type Row = {
  /** Starts with the letter of the measurement, so that two runs can be compared. */
  id: string
  what: string
  value: number
  unit: string
  /** Compared with this, and the ratio to it. */
  of?: string
  ratio?: number
  /** Processor time of the server per request in microseconds. */
  cpu?: number
  p50?: number
  p99?: number
  aim?: string
  isMet?: boolean
  note?: string
}

export const machine = () => ({
  at: new Date().toISOString().slice(0, 10),
  cores: availableParallelism(),
  system: `${process.platform} ${process.arch}`,
  bun: Bun.version,
})

export const atLeast = (min: number, ratio: number) => ({ aim: `at least ${min}`, isMet: ratio >= min })
export const atMost = (max: number, value: number, unit = '') => ({
  aim: `at most ${max}${unit}`,
  isMet: value <= max,
})

const round = (n: number) => (n >= 100 ? Math.round(n).toLocaleString('en') : n.toFixed(n >= 10 ? 1 : 2))
const roundOrEmpty = (n: number | undefined) => (n === undefined ? '' : round(n))

export const figureOf = ({ value, unit }: Pick<Row, 'value' | 'unit'>) => `${round(value)} ${unit}`.replace(' /s', '/s')

const cellsOf = ({ id, what, value, unit, of, ratio, cpu, p50, p99, aim, isMet, note }: Row) => [
  id,
  note ? `${what} (${note})` : what,
  figureOf({ value, unit }),
  ratio === undefined ? '' : `${ratio.toFixed(2)} of ${of}`,
  roundOrEmpty(cpu),
  roundOrEmpty(p50),
  roundOrEmpty(p99),
  aim ? `${aim}: ${isMet ? 'met' : '**missed**'}` : '',
]

export function tableOf(rows: Row[]) {
  const head = ['', 'what', 'figure', 'beside', 'CPU µs a request', 'p50 ms', 'p99 ms', 'aim']
  const rule = head.map((_, i) => (i === 2 || (i > 3 && i < 7) ? '--:' : '---'))
  return [head, rule, ...rows.map(cellsOf)].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const MEASUREMENTS = 'abcdefghijk'
const WITH_AIM = 'dfghik'

/** Missing, duplicate or invalid measurements. A missed aim is no error. */
export function listErrors(rows: Row[]) {
  const ids = new Set(rows.map(({ id }) => id[0]))
  const missing = [...MEASUREMENTS].filter((id) => !ids.has(id)).map((id) => `(${id}) is missing`)
  const withoutAim = [...WITH_AIM]
    .filter((id) => !rows.some((row) => row.id.startsWith(id) && row.aim))
    .map((id) => `(${id}) has no aim`)
  const duplicates = rows
    .filter(({ id }, i) => rows.findIndex((row) => row.id === id) !== i)
    .map(({ id }) => `(${id}) is a duplicate`)
  const invalid = rows.flatMap((row) =>
    Object.entries(row).flatMap(([key, value]) =>
      typeof value === 'number' && !(value > 0 && Number.isFinite(value)) ? `(${row.id}) has ${value} for ${key}` : [],
    ),
  )
  return [...missing, ...withoutAim, ...duplicates, ...invalid]
}
