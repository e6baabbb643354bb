import type { SQL } from 'bun'
import type { TransactionSettings } from 'kysely'
import { DatabaseBusyError, DatabaseUnreachableError, isConnectionLost, isUnanswered } from './errors'
import type { Primary } from './hosts'
import { run } from './statement'

/** Milliseconds that a transaction may wait for a connection. */
const RESERVE_DEADLINE = 3000
/** A statement that may run although `begin` failed: it only reads, or takes locks. */
const READS = /^select\b/i

export type Transaction = Awaited<ReturnType<typeof beginTransaction>>

export async function beginTransaction(
  primary: Primary,
  deadline: number | undefined,
  { isolationLevel, accessMode }: TransactionSettings,
) {
  const pool = await primary.pool()
  const reserved = await reserve(pool)
  let isLost = false

  async function send(text: string, parameters?: readonly unknown[], onLate?: 'cancel' | 'leave') {
    if (isLost) throw new DatabaseUnreachableError('query failed: its transaction has lost the connection')
    try {
      return await run(reserved, deadline, text, parameters, onLate)
    } catch (error) {
      isLost ||= isUnanswered(error) || isConnectionLost(error)
      primary.report(error, pool)
      throw error
    }
  }

  const level = isolationLevel && `isolation level ${isolationLevel}`
  const begun = send(['begin', level, accessMode].filter((part) => part !== undefined).join(' '))
  begun.catch(() => undefined) // the first statement reports it

  return {
    /** A read is sent in the same message as `begin`. A write waits: alone, it would be committed at once. */
    async execute(text: string, parameters: readonly unknown[]) {
      if (!READS.test(text)) await begun
      const result = await send(text, parameters)
      await begun
      return result
    },
    async commit() {
      await begun
      // Not cancelled: a commit that waits for a standby would then be visible without it.
      const { command } = await send('commit', undefined, 'leave')
      // PostgreSQL answers ROLLBACK, without an error, if a statement of the transaction failed.
      if (command !== 'COMMIT') throw new Error(`commit failed: the database answered ${command}`)
    },
    /** Never fails: the error that led to it is the one to report. The server rolls back when the connection closes. */
    async rollback() {
      await send('rollback').catch(() => (isLost = true))
    },
    async release() {
      if (isLost) await reserved.close({ timeout: 0 })
      reserved.release()
    },
  }
}

async function reserve(pool: SQL) {
  try {
    return await pool.reserve({ signal: AbortSignal.timeout(RESERVE_DEADLINE) })
  } catch (error) {
    if (!isTimeout(error)) throw error
    throw new DatabaseBusyError('transaction failed: no connection was free', { cause: error })
  }
}

const isTimeout = (error: unknown) =>
  error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')
