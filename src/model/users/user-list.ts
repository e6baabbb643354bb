import { sql } from 'kysely'
import type { Deps } from '@/deps/deps'
import { canonicalEmail } from './email'
import { searchName } from './name'
import { userColumns } from './columns'
import type { UserWithStatus } from '@/model/types'

export const PAGE_SIZE = 20
const MAX_QUERY_LENGTH = 100 // characters; no address or name that is longer would be found by typing it

const selectUsers = ({ db }: Deps) => db.selectFrom('users').select(userColumns).select('deactivated_at')

export const findUserWithStatus = (deps: Deps, id: string): Promise<UserWithStatus | undefined> =>
  selectUsers(deps).where('id', '=', id).executeTakeFirst()

export const findUserByEmail = (deps: Deps, email: string): Promise<UserWithStatus | undefined> =>
  selectUsers(deps)
    .where('canonical_email', '=', canonicalEmail(email) ?? '')
    .executeTakeFirst()

/**
 * A page of accounts in the order of their addresses, after the account with the id `after`, and whether more follow. Where
 * there is no such account it is the first page. `sought` is a part of the address or the name, in letters of either case; `%` and `_` in it mean themselves.
 */
export async function listUsers(deps: Deps, { query = '', after = '' }: { query?: string; after?: string } = {}) {
  const text = searchName(query.slice(0, MAX_QUERY_LENGTH))
  const page = selectUsers(deps)
    .orderBy('canonical_email')
    .limit(PAGE_SIZE + 1)
  const matching =
    text === '' ? page : page.where(({ or }) => or([contains('canonical_email', text), contains('search_name', text)]))
  const last = await deps.db.selectFrom('users').select('canonical_email').where('id', '=', after).executeTakeFirst()
  const following = last ? matching.where('canonical_email', '>', last.canonical_email) : matching
  const found: UserWithStatus[] = await following.execute()
  return { users: found.slice(0, PAGE_SIZE), isFirst: !last, hasMore: found.length > PAGE_SIZE }
}

const contains = (column: 'canonical_email' | 'search_name', text: string) =>
  sql<boolean>`${sql.ref(column)} like ${`%${text.replace(/[\\%_]/g, String.raw`\$&`)}%`} escape '\\'`
