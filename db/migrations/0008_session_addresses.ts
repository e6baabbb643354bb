import type { Kysely } from 'kysely'

export async function up(db: Kysely<unknown>) {
  for (const column of ['first_address', 'last_address'])
    await db.schema
      .alterTable('sessions')
      .addColumn(column, 'text', (c) => c.notNull().defaultTo(''))
      .execute()
}
