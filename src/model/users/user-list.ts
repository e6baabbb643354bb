import { sql } from 'kysely'
import type { Deps } from '@/deps/deps'
import { canonicalEmail } from './email'
import { canonicalFold } from './name'
import { userColumns } from './columns'
import type { Account } from '@/model/types'

export const PAGE_SIZE = 20
const MAX_SOUGHT = 100 // characters; no address or name that is longer would be found by typing it

const readAccounts = ({ db }: Deps) => db.selectFrom('users').select(userColumns).select('deactivated_at')

export const findAccount = (deps: Deps, id: string): Promise<Account | undefined> =>
  readAccounts(deps).where('id', '=', id).executeTakeFirst()

export const findAccountByEmail = (deps: Deps, email: string): Promise<Account | undefined> =>
  readAccounts(deps)
    .where('canonical_email', '=', canonicalEmail(email) ?? '')
    .executeTakeFirst()

/**
 * A page of accounts in the order of their addresses, after the account with the id `after`, and whether more follow. Where
 * there is no such account it is the first page. `sought` is a part of the address or the name, in letters of either case; `%` and `_` in it mean themselves.
 */
export async function listAccounts(deps: Deps, { sought = '', after = '' }: { sought?: string; after?: string } = {}) {
  const text = canonicalFold(sought.slice(0, MAX_SOUGHT))
  const page = readAccounts(deps)
    .orderBy('canonical_email')
    .limit(PAGE_SIZE + 1)
  const matching =
    text === '' ? page : page.where(({ or }) => or([isLike('canonical_email', text), isLike('folded_name', text)]))
  const last = await deps.db.selectFrom('users').select('canonical_email').where('id', '=', after).executeTakeFirst()
  const following = last ? matching.where('canonical_email', '>', last.canonical_email) : matching
  const found: Account[] = await following.execute()
  return { accounts: found.slice(0, PAGE_SIZE), isFirst: !last, hasMore: found.length > PAGE_SIZE }
}

const isLike = (column: 'canonical_email' | 'folded_name', text: string) =>
  sql<boolean>`${sql.ref(column)} like ${`%${text.replace(/[\\%_]/g, String.raw`\$&`)}%`} escape '\\'`
