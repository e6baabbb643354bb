import type { Kysely } from 'kysely'

export const up = (db: Kysely<unknown>) => db.schema.alterTable('drafts').addColumn('claimed_at', 'bigint').execute()
