import type { TableShape } from './engine/engine'

/** The tables of the source, parents first. Throws if the two sides differ, or if tables refer to each other. */
export function sortTables(source: TableShape[], target: TableShape[]): TableShape[] {
  const sorted: TableShape[] = []
  const open = source.map((table) => mergeTable(table, target))
  while (open.length > 0) {
    const next = open.findIndex(({ references }) => references.every((name) => !open.some((one) => one.name === name)))
    if (next === -1) throw new Error(`the order of tables is unknown: ${nameAll(open)} refer to each other`)
    sorted.push(...open.splice(next, 1))
  }
  return sorted
}

function mergeTable(table: TableShape, target: TableShape[]): TableShape {
  const same = target.find(({ name }) => name === table.name)
  if (!same) throw new Error(`the target has no table ${table.name}`)
  const different = [...new Set(table.columns).symmetricDifference(new Set(same.columns))]
  if (different.length > 0)
    throw new Error(`the columns of ${table.name} differ on the two sides: ${different.join(', ')}`)
  return { ...table, references: [...table.references, ...same.references] }
}

const nameAll = (tables: TableShape[]) => tables.map(({ name }) => name).join(', ')
