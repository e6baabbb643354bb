import { spyOn } from 'bun:test'
import { openDb } from '@db/open'
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
