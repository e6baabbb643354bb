import { sql, type Kysely } from 'kysely'
import { isPostgres } from './engine'

/**
 * The type of a text column. Without `collate "C"`, PostgreSQL sorts by the locale of the server: pages of lists would
 * differ from SQLite, and an upgrade of the system's C library can damage indexes.
 */
export const text = <Schema>(db: Kysely<Schema>) => (isPostgres(db) ? sql`text collate "C"` : 'text')
