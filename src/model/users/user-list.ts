import { sql } from 'kysely'
import type { Deps } from '@/deps/deps'
import { toAsciiDomain } from '@/lib/email-domain'
import { canonicalEmail } from './email'
import { searchName } from './name'
import { userColumns } from './columns'
import type { UserWithStatus } from '@/model/types'

export const PAGE_SIZE = 20
const MAX_QUERY_LENGTH = 100

const selectUsers = ({ db }: Deps) => db.selectFrom('users').select(userColumns).select('deactivated_at')

export const findUserWithStatus = (deps: Deps, id: string): Promise<UserWithStatus | undefined> =>
  selectUsers(deps).where('id', '=', id).executeTakeFirst()

export const findUserByEmail = (deps: Deps, email: string): Promise<UserWithStatus | undefined> =>
  selectUsers(deps)
    .where('canonical_email', '=', canonicalEmail(email) ?? '')
    .executeTakeFirst()

/** One page by email address, after the user with the id `after`; the first page if that user does not exist. */
export async function listUsers(deps: Deps, { query = '', after = '' }: { query?: string; after?: string } = {}) {
  const text = searchName(query.slice(0, MAX_QUERY_LENGTH))
  const page = selectUsers(deps)
    .orderBy('canonical_email')
    .limit(PAGE_SIZE + 1)
  const matching =
    text === ''
      ? page
      : page.where(({ or }) => or([contains('canonical_email', inAscii(text)), contains('search_name', text)]))
  const previous = await deps.db
    .selectFrom('users')
    .select('canonical_email')
    .where('id', '=', after)
    .executeTakeFirst()
  const following = previous ? matching.where('canonical_email', '>', previous.canonical_email) : matching
  const found: UserWithStatus[] = await following.execute()
  return { users: found.slice(0, PAGE_SIZE), isFirst: !previous, hasMore: found.length > PAGE_SIZE }
}

/** Finds a domain by its whole labels: `bücher`, but not `büch`. */
function inAscii(text: string) {
  const domain = text.slice(text.lastIndexOf('@') + 1)
  return text.slice(0, text.length - domain.length) + (toAsciiDomain(domain) ?? domain)
}

const contains = (column: 'canonical_email' | 'search_name', text: string) =>
  sql<boolean>`${sql.ref(column)} like ${`%${text.replace(/[\\%_]/g, String.raw`\$&`)}%`} escape '\\'`
