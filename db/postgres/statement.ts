import type { SQL } from 'bun'
import { DatabaseUnreachableError } from './errors'

/** Milliseconds that a statement may take. Below half of the time after which the server closes an idle connection. */
export const STATEMENT_DEADLINE = 3000

type Statement = { columns?: { name: string; type: number }[] }
export type Result = Record<string, unknown>[] & { command?: string; affectedRows?: number; statement?: Statement }

export async function run(
  target: Pick<SQL, 'unsafe'>,
  deadline: number | undefined,
  text: string,
  parameters?: readonly unknown[],
  onLate: 'cancel' | 'leave' = 'cancel',
): Promise<Result> {
  const query = parameters ? target.unsafe(text, parameters.map(withoutNul)) : target.unsafe(text)
  const result: Promise<Result> = query.execute()
  if (deadline === undefined) return result
  let timer: Timer | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      if (onLate === 'cancel') query.cancel()
      reject(new DatabaseUnreachableError(`query failed: no answer within ${deadline} ms`))
    }, deadline)
  })
  try {
    return await Promise.race([result, late])
  } finally {
    clearTimeout(timer)
    result.catch(() => undefined) // the race has reported it
  }
}

/** PostgreSQL stores no NUL. No stored text has one, so the replaced text matches no row. */
const withoutNul = (value: unknown) =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value
