import type { SQL } from 'bun'
import { withDeadline } from './deadline'
import { DatabaseUnreachableError } from './errors'

/** Milliseconds that a statement may take. Below half of the time after which the server closes an idle connection. */
export const STATEMENT_DEADLINE = 3000

type Statement = { columns?: { name: string; type: number }[] }
export type Result = Record<string, unknown>[] & { command?: string; affectedRows?: number; statement?: Statement }

export const toQuery = (target: Pick<SQL, 'unsafe'>, text: string, parameters: readonly unknown[]) =>
  target.unsafe<Result>(text, parameters.map(withoutNul))

export async function run(
  query: SQL.Query<Result>,
  deadline: number | undefined,
  onLate: 'cancel' | 'leave' = 'cancel',
): Promise<Result> {
  const result = query.execute()
  if (deadline === undefined) return result
  return withDeadline(result, deadline, () => {
    if (onLate === 'cancel') query.cancel()
    throw new DatabaseUnreachableError(`query failed: no answer within ${deadline} ms`)
  })
}

/** PostgreSQL stores no NUL. No stored text has one, so the replaced text matches no row. */
const withoutNul = (value: unknown) =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value
