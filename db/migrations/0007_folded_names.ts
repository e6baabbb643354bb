import type { Kysely } from 'kysely'

type Before = { users: { id: string; name: string; folded_name: string } }

export async function up(db: Kysely<Before>) {
  await db.schema
    .alterTable('users')
    .addColumn('folded_name', 'text', (c) => c.notNull().defaultTo(''))
    .execute()
  for (const { id, name } of await db.selectFrom('users').select(['id', 'name']).execute())
    await db.updateTable('users').set({ folded_name: name.toLowerCase() }).where('id', '=', id).execute()
}
