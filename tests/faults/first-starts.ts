import { Database } from 'bun:sqlite'
import { waitUntilListening, start } from '../support/process'
import { killedAt } from './killed-at'

const isUp = (one: ReturnType<typeof start>) =>
  waitUntilListening(one).then(
    () => true,
    () => false,
  )

/** Kills first starts at every `step`th statement, and starts the server again on the same database. */
export async function killFirstStarts(step: number) {
  const lost: string[] = []
  const schemas = new Set<string>()
  let kills = 0
  for (let n = 0; ; n += step) {
    const one = start({}, await killedAt(n))
    const survived = await isUp(one)
    one.server.kill('SIGKILL')
    await one.server.exited
    const next = start({ DATABASE_URL: one.settings.DATABASE_URL })
    if (!(await isUp(next))) lost.push(`the start after a kill at statement ${n} failed`)
    next.server.kill('SIGTERM')
    await next.server.exited
    schemas.add(schemaOf(one.settings.DATABASE_URL))
    if (survived) break
    kills++
  }
  if (schemas.size !== 1) lost.push(`${schemas.size} different schemas instead of one`)
  return { kills, lost }
}

function schemaOf(url: string) {
  const database = new Database(url.replace('sqlite:', ''), { readonly: true })
  const all = database.query('select sql from sqlite_master union all select name from kysely_migration').all()
  database.close()
  return JSON.stringify(all)
}
