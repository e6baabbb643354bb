import type { SQL } from 'bun'
import type { TransactionSettings } from 'kysely'
import type { Counts } from '../engine/engine'
import { DatabaseBusyError, DatabaseUnreachableError, isConnectionLost, isUnanswered } from './errors'
import type { Primary } from './hosts'
import { run, toQuery, type Result } from './statement'

/** Milliseconds that a transaction may wait for a connection. */
const RESERVE_DEADLINE = 3000
/** A statement that may run although `begin` failed: it only reads, or takes locks. */
const READS = /^select\b/i

export type Transaction = Awaited<ReturnType<typeof beginTransaction>>

export async function beginTransaction(
  primary: Primary,
  counts: Counts,
  deadline: number | undefined,
  { isolationLevel, accessMode }: TransactionSettings,
) {
  const pool = await primary.pool()
  const reserved = await reserve(pool)
  let isLost = false

  async function send(toSend: () => SQL.Query<Result>, onLate?: 'cancel' | 'leave') {
    if (isLost) throw new DatabaseUnreachableError('query failed: its transaction has lost the connection')
    try {
      return await run(toSend(), deadline, onLate)
    } catch (error) {
      isLost ||= isUnanswered(error) || isConnectionLost(error)
      primary.report(error, pool)
      throw error
    }
  }

  // Bun sends other statements in the same message as a template or a text with values, but not as a text without them.
  const level = isolationLevel && `isolation level ${isolationLevel}`
  const settings = [level, accessMode].filter((part) => part !== undefined)
  if (settings.length > 0) counts.roundTrips++
  const begun = send(() =>
    settings.length === 0 ? reserved`begin` : reserved.unsafe(['begin', ...settings].join(' ')),
  )
  let hasBegun = false

  /** Rejects with the first error of what was sent without waiting: after it, PostgreSQL refuses all other statements. */
  let earlier: Promise<unknown> = begun
  earlier.catch(() => undefined) // the next statement reports it

  /** The answers come in the order of the statements. */
  async function waitFor<T>(sent: Promise<T>) {
    counts.roundTrips++
    sent.catch(() => undefined)
    await earlier
    hasBegun = true
    return sent
  }

  return {
    /** A read is sent in the same message as `begin`. A write waits: alone, it would be committed at once. */
    async execute(text: string, parameters: readonly unknown[], isUnread: boolean) {
      if (!hasBegun && !READS.test(text)) await waitFor(begun)
      const toSend = () => toQuery(reserved, text, parameters)
      if (!isUnread) return waitFor(send(toSend))
      const sent = send(toSend, 'leave') // a late cancellation could reach the commit
      sent.catch(() => undefined)
      earlier = earlier.then(() => sent)
      earlier.catch(() => undefined)
      return undefined
    },
    async commit() {
      // Not cancelled: a commit that waits for a standby would then be visible without it.
      const { command } = await waitFor(send(() => reserved`commit`, 'leave'))
      // PostgreSQL answers ROLLBACK, without an error, if a statement of the transaction failed.
      if (command !== 'COMMIT') throw new Error(`commit failed: the database answered ${command}`)
    },
    /** Never fails: the error that led to it is the one to report. The server rolls back when the connection closes. */
    async rollback() {
      counts.roundTrips++
      await send(() => reserved`rollback`).catch(() => (isLost = true))
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
