import { Database } from 'bun:sqlite'
import { annLoggedIn } from './people'
import { tempDatabase } from './temp'

/** Ann is logged in on a site with a database file, which a second connection can change. */
export async function annOnDisk(file = tempDatabase('store')) {
  const site = await annLoggedIn({ DATABASE_URL: `sqlite:${file}` })
  return { ...site, file, other: new Database(file) }
}
