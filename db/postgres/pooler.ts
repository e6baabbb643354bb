import { SQL } from 'bun'
import { withDeadline } from './deadline'

const DEADLINE = 3000
/** Another client may use the connection of the pooler between two questions. */
const ROUNDS = 5

const HOW = 'Add ?prepare=false and set DATABASE_LISTEN_URL to the server itself.'

/** A pooler does not accept parameters at the start of a connection, and does not keep prepared statements. */
export const isForPooler = (url: string) => URL.parse(url)?.searchParams.get('prepare') === 'false'

/**
 * Throws if a transaction pooler is between, and the URLs do not fit it. Measured: with prepared statements, most queries fail
 * and some run the statement of another client. A LISTEN never receives anything.
 */
export async function checkPooler(urls: string[], listenUrls: string[]) {
  const isFit = urls.every(isForPooler)
  const checked = isFit ? listenUrls : [...new Set([...urls, ...listenUrls])]
  const found = await Promise.all(checked.map(sharesConnections))
  if (found.includes(true)) throw new Error(`DATABASE_URL leads through a transaction pooler. ${HOW}`)
}

/** Two open connections to a server have two processes. Those to a transaction pooler share one. */
async function sharesConnections(url: string) {
  const pool = new SQL({ url, max: 2, connectionTimeout: DEADLINE / 1000 })
  const found = compareProcesses(pool).catch(() => false) // the opening of the database reports why
  const result = await withDeadline(found, DEADLINE, () => false)
  await pool.close({ timeout: 0 })
  return result
}

async function compareProcesses(pool: SQL) {
  const connections = [await pool.reserve(), await pool.reserve()]
  for (let round = 0; round < ROUNDS; round++) {
    const ids: unknown[] = []
    for (const one of connections) {
      const rows: { id: number }[] = await one.unsafe('select pg_backend_pid() as id').simple().execute()
      ids.push(rows[0]?.id)
    }
    if (ids[0] === ids[1]) return true
  }
  return false
}
