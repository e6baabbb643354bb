/** `Bun.stringWidth`, because some characters take two columns in a terminal. */
export function alignColumns(rows: string[][]) {
  const widths = (rows[0] ?? []).map((_, i) =>
    rows.reduce((max, row) => Math.max(max, Bun.stringWidth(row[i] ?? '')), 0),
  )
  const pad = (cell: string, i: number) => cell + ' '.repeat((widths[i] ?? 0) - Bun.stringWidth(cell))
  return rows.map((row) => row.map(pad).join('  ').trimEnd())
}
