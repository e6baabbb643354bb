import { spyOn } from 'bun:test'
import { Database } from 'bun:sqlite'
import { openDb } from '@db/open'
import { isPostgres } from '@db/engine/engine'
import type { Deps } from '@/deps/deps'

const { compileQuery } = (await openDb('sqlite::memory:')).getExecutor()

/** The SQL statements that are compiled during `work`. */
export async function statementsDuring({ db }: Pick<Deps, 'db'>, work: () => Promise<unknown>) {
  const statements: string[] = []
  const executor = db.getExecutor()
  const compile = spyOn(Object.getPrototypeOf(executor), 'compileQuery').mockImplementation(function (
    this: typeof executor,
    ...query: Parameters<typeof executor.compileQuery>
  ) {
    const compiled: ReturnType<typeof executor.compileQuery> = Reflect.apply(compileQuery, this, query)
    statements.push(compiled.sql)
    return compiled
  })
  try {
    await work()
    return statements
  } finally {
    compile.mockRestore()
  }
}

/** A spy that is called for each statement that the database receives. */
export const spyOnQueries = ({ db }: Pick<Deps, 'db'>) =>
  isPostgres(db) ? spyOn(Object.getPrototypeOf(db.getExecutor()), 'executeQuery') : spyOn(Database.prototype, 'query')
