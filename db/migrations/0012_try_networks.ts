import type { Kysely } from 'kysely'

export async function up(db: Kysely<unknown>) {
  await db.schema.alterTable('tries').addColumn('network_hash', 'text').execute()
  await db.schema.createIndex('tries_network').on('tries').columns(['kind', 'network_hash', 'at']).execute()
}
