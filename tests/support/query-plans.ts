import { spyOn } from 'bun:test'
import { sql, type CompiledQuery } from 'kysely'
import type { Site } from './site'

/** The query plans of the statements that `work` runs. PostgreSQL describes them in other words: use `onSqlite`. */
export async function plansOf({ deps: { db } }: Pick<Site, 'deps'>, work: () => Promise<unknown>) {
  const queries: CompiledQuery[] = []
  const executor = Object.getPrototypeOf(db.getExecutor())
  const { executeQuery } = executor
  const execute = spyOn(executor, 'executeQuery').mockImplementation(function (this: unknown, query: CompiledQuery) {
    queries.push(query)
    return Reflect.apply(executeQuery, this, [query])
  })
  await work().finally(() => execute.mockRestore())
  const explain = (query: CompiledQuery): CompiledQuery<{ detail: string }> => ({
    ...query,
    query: sql`explain`.compile(db).query,
    sql: `explain query plan ${query.sql}`,
  })
  return Promise.all(
    queries.map(async (query) => (await db.executeQuery(explain(query))).rows.map(({ detail }) => detail).join('\n')),
  )
}
