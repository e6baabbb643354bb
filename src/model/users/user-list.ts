import { sql, type ExpressionBuilder } from 'kysely'
import type { Role, Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { days } from '@/lib/duration'
import { toAsciiDomain } from '@/lib/email-domain'
import { lockedUserIds } from '@/model/limits/login-attempts'
import type { User, UserState, UserWithStatus } from '@/model/types'
import { canonicalEmail } from '@/lib/email-address'
import { searchName } from './name'
import { userColumns } from './columns'

export const PAGE_SIZE = 25
export const MAX_COUNT = 10_000
const MAX_QUERY_LENGTH = 100
/** Sessions are deleted 30 days after their end. */
const ACTIVITY_KNOWN_FOR = days(30)

export const states = ['active', 'locked', 'deactivated'] as const satisfies readonly UserState[]
export const sorts = ['email', '-email', 'name', '-name'] as const
export type UserSort = (typeof sorts)[number]

export const findState = (text: string) => states.find((state) => state === text)
export const findSort = (text: string) => sorts.find((sort) => sort === text)

export type ListedUser = UserWithStatus & { lastActive: number | 'never' | 'not-in-30-days' }

type Filter = { query?: string; role?: Role; state?: UserState }
/** `after` and `before` are ids of users. If such a user does not exist, the first page is returned. */
type ListOptions = Filter & { sort?: UserSort; after?: string; before?: string }

type SortColumn = 'canonical_email' | 'search_name'
/** The direction of reading; backward pages are reversed afterwards. */
type Order = { column: SortColumn; direction: 'asc' | 'desc' }
type Cursor = { id: string; key: string; isBackward: boolean }

export type UserPage = {
  users: ListedUser[]
  /** `MAX_COUNT + 1` if there are more. */
  total: number
  hasPrevious: boolean
  hasNext: boolean
}

const selectUsers = (deps: Deps) =>
  deps.db
    .selectFrom('users')
    .select(userColumns)
    .select(['deactivated_at', 'deletion_at', 'email_rejected_at', 'email_declined_at'])
    .select((eb) => eb('users.id', 'in', lockedUserIds(deps)).as('is_locked'))

type UserRow = Omit<UserWithStatus, 'state'> & { is_locked: unknown }

const withState = ({ is_locked, ...user }: UserRow): UserWithStatus => ({
  ...user,
  state: user.deactivated_at !== null ? 'deactivated' : is_locked ? 'locked' : 'active',
})

export async function findUserWithStatus(deps: Deps, id: string) {
  const row = await selectUsers(deps).where('users.id', '=', id).executeTakeFirst()
  return row && withState(row)
}

export async function findUserByEmail(deps: Deps, email: string) {
  const canonical = canonicalEmail(email) ?? ''
  const row = await selectUsers(deps).where('canonical_email', '=', canonical).executeTakeFirst()
  return row && withState(row)
}

export const findListedUser = async (deps: Deps, id: string) => (await readUsers(deps, [id]))[0]

export async function listUsers(deps: Deps, options: ListOptions = {}): Promise<UserPage> {
  const { sort = 'email', after, before, ...filter } = options
  const column = sort.endsWith('name') ? 'search_name' : 'canonical_email'
  const cursor = await findCursor(deps, column, before ? before : after, Boolean(before))
  const order = { column, direction: sort.startsWith('-') === Boolean(cursor?.isBackward) ? 'asc' : 'desc' } as const
  const { ids, total } = await findIds(deps, filter, order, cursor)
  // The users at the cursor may be gone. A first page is always full, so that it has the same users by each way to it.
  if (cursor && ids.length < (cursor.isBackward ? PAGE_SIZE : 1)) return listUsers(deps, { ...filter, sort })
  const hasMore = ids.length > PAGE_SIZE
  const listed = ids.slice(0, PAGE_SIZE)
  return {
    users: await readUsers(deps, cursor?.isBackward ? listed.toReversed() : listed),
    total,
    hasPrevious: cursor?.isBackward ? hasMore : cursor !== undefined,
    hasNext: cursor?.isBackward ? true : hasMore,
  }
}

async function findCursor({ db }: Deps, column: SortColumn, id = '', isBackward: boolean): Promise<Cursor | undefined> {
  if (id === '') return undefined
  const row = await db
    .selectFrom('users')
    .select(['id', `${column} as key`])
    .where('id', '=', id)
    .executeTakeFirst()
  return row && { ...row, isBackward }
}

/**
 * Measured with a million users: walking along an index to a few matches takes up to 3 s, and a scan of the table 0.3 s. With
 * many matches it is the other way round. So the scan stops after `MAX_COUNT` matches.
 */
async function findIds(deps: Deps, filter: Filter, order: Order, cursor?: Cursor) {
  if (Object.values(filter).every((value) => !value))
    return { ids: await walkUsers(deps, filter, order, cursor), total: await countUsers(deps) }
  const rows = await scanUsers(deps, filter, order, cursor)
  const total = Number(rows[0]?.total ?? 0)
  const ids = total > MAX_COUNT ? await walkUsers(deps, filter, order, cursor) : rows.flatMap(({ id }) => id ?? [])
  return { ids, total }
}

async function countUsers({ db }: Deps) {
  const some = db
    .selectFrom('users')
    .select('id')
    .limit(MAX_COUNT + 1)
  const { total } = await db
    .selectFrom(some.as('some'))
    .select(({ fn }) => fn.countAll().as('total'))
    .executeTakeFirstOrThrow()
  return Number(total)
}

async function walkUsers(deps: Deps, filter: Filter, { column, direction }: Order, cursor?: Cursor) {
  const page = deps.db
    .selectFrom('users')
    .select('id')
    .where(isMatch(deps, filter))
    .where(isBeyond(column, direction, cursor))
    .orderBy(column, direction)
    .orderBy('id', direction)
    .limit(PAGE_SIZE + 1)
  return (await page.execute()).map(({ id }) => id)
}

const scanUsers = (deps: Deps, filter: Filter, { column, direction }: Order, cursor?: Cursor) =>
  deps.db
    .with('matching', (db) =>
      db
        .selectFrom('users')
        .select(['id', `${column} as key`])
        .where(isMatch(deps, filter))
        .limit(MAX_COUNT + 1),
    )
    .with('page', (db) =>
      db
        .selectFrom('matching')
        .select(['id', 'key'])
        .where(isBeyond('key', direction, cursor))
        .orderBy('key', direction)
        .orderBy('id', direction)
        .limit(PAGE_SIZE + 1),
    )
    .with('counted', (db) => db.selectFrom('matching').select(({ fn }) => fn.countAll().as('total')))
    .selectFrom('counted')
    .leftJoin('page', (join) => join.onTrue())
    .select(['total', 'page.id'])
    .orderBy('page.key', direction)
    .orderBy('page.id', direction)
    .execute()

function isBeyond(column: string, direction: 'asc' | 'desc', cursor?: Cursor) {
  if (!cursor) return sql<boolean>`1 = 1`
  const [row, start] = [sql`(${sql.ref(column)}, id)`, sql`(${cursor.key}, ${cursor.id})`]
  return direction === 'asc' ? sql<boolean>`${row} > ${start}` : sql<boolean>`${row} < ${start}`
}

const isMatch =
  (deps: Deps, { query = '', role, state }: Filter) =>
  (eb: ExpressionBuilder<Schema, 'users'>) => {
    const text = searchName(query.slice(0, MAX_QUERY_LENGTH))
    return eb.and([
      ...(text === '' ? [] : [eb.or([contains('canonical_email', inAscii(text)), contains('search_name', text)])]),
      ...(role ? [eb('role', '=', role)] : []),
      ...(state ? [hasState(deps, state)(eb)] : []),
    ])
  }

const hasState = (deps: Deps, state: UserState) => (eb: ExpressionBuilder<Schema, 'users'>) =>
  state === 'deactivated'
    ? eb('deactivated_at', 'is not', null)
    : eb('deactivated_at', 'is', null).and('users.id', state === 'locked' ? 'in' : 'not in', lockedUserIds(deps))

async function readUsers(deps: Deps, ids: string[]): Promise<ListedUser[]> {
  if (ids.length === 0) return []
  const rows = await selectUsers(deps)
    .select(({ selectFrom }) =>
      selectFrom('sessions')
        .select(({ fn }) => fn.max('last_seen_at').as('at'))
        .whereRef('user_id', '=', 'users.id')
        .as('seen_at'),
    )
    .where('users.id', 'in', ids)
    .execute()
  const byId = new Map(rows.map(({ seen_at, ...row }) => [row.id, { ...withState(row), seen_at }]))
  const users = ids.flatMap((id) => byId.get(id) ?? [])
  return users.map(({ seen_at, ...user }) => ({ ...user, lastActive: seen_at ?? withoutSession(deps, user) }))
}

const withoutSession = ({ now }: Deps, { created_at }: User) =>
  created_at > now() - ACTIVITY_KNOWN_FOR ? 'never' : 'not-in-30-days'

/** Finds a domain by its whole labels: `bücher`, but not `büch`. */
function inAscii(text: string) {
  const domain = text.slice(text.lastIndexOf('@') + 1)
  return text.slice(0, text.length - domain.length) + (toAsciiDomain(domain) ?? domain)
}

const contains = (column: 'canonical_email' | 'search_name', text: string) =>
  sql<boolean>`${sql.ref(column)} like ${`%${text.replace(/[\\%_]/g, String.raw`\$&`)}%`} escape '\\'`
