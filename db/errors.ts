import * as postgres from './postgres/errors'
import * as sqlite from './sqlite/errors'

/** Another transaction held a lock for too long. */
export const isDatabaseBusy = (error: unknown) => sqlite.isBusy(error) || postgres.isBusy(error)

/** The lock, the disk, the file or the server is the cause, so the same request can succeed later. */
export const isDatabaseUnavailable = (error: unknown) => sqlite.isUnavailable(error) || postgres.isUnavailable(error)

/** The database rolled the transaction back because of another one, so the same transaction can succeed at once. */
export const isRetryable = (error: unknown) => postgres.isRetryable(error)

/** What an operator can do. The messages of the databases do not say it. */
export const adviceOn = (error: unknown) => sqlite.adviceOn(error) ?? postgres.adviceOn(error)
