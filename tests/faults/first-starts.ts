import { Database } from 'bun:sqlite'
import { waitUntilListening, start } from '../support/process'
import { tempFolder } from '../support/temp'

/** Flags that make a process kill itself where it would carry out its n-th statement. */
async function dyingAt(n: number) {
  const preload = `${tempFolder('preload')}/preload.ts`
  await Bun.write(
    preload,
    `import { Database } from 'bun:sqlite'
    const { query } = Database.prototype
    let left = ${n}
    Database.prototype.query = function (sql) {
      if (left-- === 0) process.kill(process.pid, 'SIGKILL')
      return query.call(this, sql)
    }`,
  )
  return ['--preload', preload]
}

const isUp = (one: ReturnType<typeof start>) =>
  waitUntilListening(one).then(
    () => true,
    () => false,
  )

/** Kills first starts at each of their statements, or at every so many, and lets the next start make it good. */
export async function killFirstStarts(every: number) {
  const lost: string[] = []
  const schemas = new Set<string>()
  let kills = 0
  for (let n = 0; ; n += every) {
    const one = start({}, await dyingAt(n))
    const survived = await isUp(one)
    one.server.kill('SIGKILL')
    await one.server.exited
    const next = start({ DATABASE_URL: one.settings.DATABASE_URL })
    if (!(await isUp(next))) lost.push(`killed at statement ${n}, the next start did not come up`)
    next.server.kill('SIGTERM')
    await next.server.exited
    schemas.add(schemaOf(one.settings.DATABASE_URL))
    if (survived) break
    kills++
  }
  if (schemas.size !== 1) lost.push(`there are ${schemas.size} schemas instead of one`)
  return { kills, lost }
}

function schemaOf(url: string) {
  const database = new Database(url.replace('sqlite:', ''), { readonly: true })
  const all = database.query('select sql from sqlite_master union all select name from kysely_migration').all()
  database.close()
  return JSON.stringify(all)
}
