import { Database } from 'bun:sqlite'
import { annLoggedIn } from './people'
import { tempDatabase } from './temp'

/** Ann is logged in on a site that keeps its database on the disk, where somebody else can lay hands on it, too. */
export async function annOnDisk(file = tempDatabase('store')) {
  const site = await annLoggedIn({ DATABASE_URL: `sqlite:${file}` })
  return { ...site, file, other: new Database(file) }
}
