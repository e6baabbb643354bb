import { SQL } from 'bun'

const BUSY_STATES = /^(55P03|40001|40P01)$/
const UNAVAILABLE_STATES = /^(08|53|57P0[123]$|57014$|25P03$|25006$)/
const UNAVAILABLE_CODES = /^ERR_POSTGRES_(CONNECTION_|[A-Z_]*TIMEOUT|IDLE_TIMEOUT)/
const LOST_STATES = /^(08|57P0[123]$|25006$)/
/** `0A000`: another version of the app added a column while a statement was prepared. */
const RETRYABLE_STATES = /^(40001|40P01|0A000)$/

/** A lock, or a free connection, was not there within its time limit. */
export class DatabaseBusyError extends Error {
  override name = 'DatabaseBusyError'
}

/** The server gave no answer within the time limit of a statement, or there is no connection to it. */
export class DatabaseUnreachableError extends Error {
  override name = 'DatabaseUnreachableError'
}

const stateOf = (error: unknown) => (error instanceof SQL.PostgresError ? (error.errno ?? '') : '')
const codeOf = (error: unknown) => (error instanceof SQL.PostgresError ? error.code : '')

export const isBusy = (error: unknown) => error instanceof DatabaseBusyError || BUSY_STATES.test(stateOf(error))

export const isUnavailable = (error: unknown) =>
  isBusy(error) ||
  error instanceof DatabaseUnreachableError ||
  UNAVAILABLE_STATES.test(stateOf(error)) ||
  UNAVAILABLE_CODES.test(codeOf(error))

/** Only another connection can tell whether the server is frozen, cut off or merely slow. */
export const isUnanswered = (error: unknown) =>
  error instanceof DatabaseUnreachableError || codeOf(error) === 'ERR_POSTGRES_CONNECTION_TIMEOUT'

/** The connection is lost, or it leads to a server that only reads. */
export const isConnectionLost = (error: unknown) =>
  LOST_STATES.test(stateOf(error)) || codeOf(error).startsWith('ERR_POSTGRES_CONNECTION_')

export const hasNoFreeConnection = (error: unknown) => stateOf(error) === '53300'

export const isRetryable = (error: unknown) => RETRYABLE_STATES.test(stateOf(error))

const ADVICE: [states: RegExp, advice: string][] = [
  [/^28/, 'Check the user and the password in DATABASE_URL.'],
  [/^3D000/, 'Create the database first.'],
  [/^42501/, 'Give this user the right to create tables in the schema.'],
]

/** What an operator can do. */
export function adviceOn(error: unknown): string | undefined {
  const advice = ADVICE.find(([states]) => states.test(stateOf(error)))?.[1]
  if (advice) return advice
  const isUnreachable = error instanceof DatabaseUnreachableError
  const cause = isUnreachable && error.cause ? adviceOn(error.cause) : undefined
  if (cause) return cause
  const isLost = isUnreachable || UNAVAILABLE_CODES.test(codeOf(error))
  return isLost ? 'Is the server running, and is its address right?' : undefined
}
