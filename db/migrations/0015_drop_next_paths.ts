import type { Kysely } from 'kysely'

export const up = (db: Kysely<unknown>) => db.schema.dropTable('next_paths').execute()
