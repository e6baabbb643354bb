import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import * as users from './migrations/0001_users'
import * as rememberSeries from './migrations/0002_remember_series'
import * as sessions from './migrations/0003_sessions'
import * as sessionRenewal from './migrations/0004_session_renewal'
import * as apiTokens from './migrations/0005_api_tokens'
import * as nextPaths from './migrations/0006_next_paths'
import * as foldedNames from './migrations/0007_folded_names'
import * as sessionAddresses from './migrations/0008_session_addresses'
import * as securityEvents from './migrations/0009_security_events'
import * as drafts from './migrations/0010_drafts'
import * as rateLimits from './migrations/0011_rate_limits'
import * as tryNetworks from './migrations/0012_try_networks'
import * as failedLogins from './migrations/0013_failed_logins'
import * as claimedRequests from './migrations/0014_claimed_requests'
import * as dropNextPaths from './migrations/0015_drop_next_paths'
import type { Schema } from './schema'

// A map and not a folder to read: a bundle has no folder.
export const migrations = {
  '0001_users': users,
  '0002_remember_series': rememberSeries,
  '0003_sessions': sessions,
  '0004_session_renewal': sessionRenewal,
  '0005_api_tokens': apiTokens,
  '0006_next_paths': nextPaths,
  '0007_folded_names': foldedNames,
  '0008_session_addresses': sessionAddresses,
  '0009_security_events': securityEvents,
  '0010_drafts': drafts,
  '0011_rate_limits': rateLimits,
  '0012_try_networks': tryNetworks,
  '0013_failed_logins': failedLogins,
  '0014_claimed_requests': claimedRequests,
  '0015_drop_next_paths': dropNextPaths,
}

/** Runs the migrations that this database has not seen, in the order of their names. */
export async function migrate(db: Kysely<Schema>) {
  const provider = { getMigrations: async () => migrations }
  const { error } = await new Migrator({ db, provider }).migrateToLatest()
  if (error) throw error
}

/** Throws if `db` lacks a table or column of `fresh`, which ran the same migrations: one of them was edited after it ran. */
export async function checkSchema(db: Kysely<Schema>, fresh: Kysely<Schema>) {
  const [present, expected] = await Promise.all([listColumns(db), listColumns(fresh)])
  const missing = expected.filter((column) => !present.includes(column))
  if (missing.length > 0) throw new Error(`missing columns: ${missing.join(', ')}`)
}

const listColumns = async (db: Kysely<Schema>) =>
  (await db.introspection.getTables()).flatMap((table) => table.columns.map(({ name }) => `${table.name}.${name}`))
