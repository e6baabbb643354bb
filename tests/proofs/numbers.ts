export const median = (numbers: number[]) => {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2
}

/**
 * The probability that a number of the second group is greater than one of the first (Mann and Whitney's U divided by the
 * number of pairs). 0.5 means that the groups are indistinguishable.
 */
export function auc(first: number[], second: number[]) {
  let wins = 0
  for (const a of first) for (const b of second) wins += b > a ? 1 : b === a ? 0.5 : 0
  return wins / (first.length * second.length)
}

export function shuffled<T>(list: readonly T[]): T[] {
  const keyed = list.map((one) => [Math.random(), one] as const)
  return keyed.toSorted(([a], [b]) => a - b).map(([, one]) => one)
}

/** A table in Markdown; columns of numbers are aligned right. */
export function table(heads: string[], rows: string[][]) {
  const all = [heads, ...rows]
  const widths = heads.map((_, i) => Math.max(3, ...all.map((row) => [...(row[i] ?? '')].length)))
  const isNumber = heads.map((_, i) => rows.every((row) => /^[\d.]+$/.test(row[i] ?? '')))
  const line = (row: string[]) =>
    `| ${row.map((cell, i) => (isNumber[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join(' | ')} |`
  const rule = widths.map((width, i) => (isNumber[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [line(heads), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n')
}

export const secondsSince = (startedAt: number) => Math.round((Date.now() - startedAt) / 1000)
