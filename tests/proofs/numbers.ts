export const median = (numbers: number[]) => {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2
}

/**
 * How well one number tells the two groups apart: the chance that one drawn from the second is greater than one drawn
 * from the first (Mann and Whitney's U over the number of pairs). 0.5 tells nothing, 0 and 1 tell everything.
 */
export function auc(first: number[], second: number[]) {
  let wins = 0
  for (const a of first) for (const b of second) wins += b > a ? 1 : b === a ? 0.5 : 0
  return wins / (first.length * second.length)
}

/** A copy in random order. */
export function shuffled<T>(list: readonly T[]): T[] {
  const drawn = list.map((one) => [Math.random(), one] as const)
  return drawn.toSorted(([a], [b]) => a - b).map(([, one]) => one)
}

/** A table in Markdown; columns of numbers stand to the right. */
export function table(heads: string[], rows: string[][]) {
  const all = [heads, ...rows]
  const widths = heads.map((_, i) => Math.max(3, ...all.map((row) => [...(row[i] ?? '')].length)))
  const isNumber = heads.map((_, i) => rows.every((row) => /^[\d.]+$/.test(row[i] ?? '')))
  const line = (row: string[]) =>
    `| ${row.map((cell, i) => (isNumber[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join(' | ')} |`
  const rule = widths.map((width, i) => (isNumber[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [line(heads), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n')
}

export const secondsSince = (began: number) => Math.round((Date.now() - began) / 1000)
