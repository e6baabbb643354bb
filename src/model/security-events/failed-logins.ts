import type { FailedLoginKind } from '@db/account-tables'
import { sendWrite } from '@db/send-write'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { sha256 } from '@/lib/encoding'
import { days, hours } from '@/lib/duration'
import { idPrefixAt, nextId } from '@/lib/sortable-id'
import { browserName } from '@/lib/user-agent'
import type { Client } from '@/model/types'

type FailedLogin = Schema['failed_logins']

const FAILED_LOGIN_RETENTION = days(30)

/** One row per hour and browser keeps the list readable during an attack. */
const COALESCE_WINDOW = hours(1)

/** Ids of `security_events` lack it, so that ids of both tables differ and sort together by time. */
const ID_ENDING = '-f'

export const isFailedLoginId = (id: string) => id.endsWith(ID_ENDING)

const hashEmail = (canonicalEmail: string) => sha256(canonicalEmail)

/** The statements are the same without an account, so that time reveals none. Belongs in a transaction. */
export async function recordFailedLogin(deps: Deps, canonicalEmail: string, kind: FailedLoginKind, client: Client) {
  const at = deps.now()
  const email_hash = hashEmail(canonicalEmail)
  const browser = browserName(client.userAgent)
  const lastId = await findLastId(deps, email_hash)
  const coalesced = await takeCoalesced(deps, { email_hash, kind, browser })
  const id = nextId(lastId, at) + ID_ENDING
  const count = (coalesced?.count ?? 0) + 1
  const row = { email_hash, id, kind, browser, ip: client.ip, created_at: at, count }
  await sendWrite(deps.db, deps.db.insertInto('failed_logins').values(row))
  await deleteSurplus(deps, email_hash)
}

/** A user who alternates wrong and right passwords under many browser names must not push out the rows of others. */
async function deleteSurplus(deps: Deps, email_hash: string) {
  const newestSurplus = selectByEmail(deps, email_hash)
    .select('id')
    .orderBy('id', 'desc')
    .limit(1)
    .offset(deps.config.rowCaps.failedLoginsPerEmail)
  const surplus = deps.db.deleteFrom('failed_logins').where('email_hash', '=', email_hash)
  await sendWrite(deps.db, surplus.where('id', '<=', newestSurplus))
}

const takeCoalesced = (
  { db, now }: Deps,
  { email_hash, kind, browser }: Pick<FailedLogin, 'email_hash' | 'kind' | 'browser'>,
) =>
  db
    .deleteFrom('failed_logins')
    .where('email_hash', '=', email_hash)
    .where('id', '>=', idPrefixAt(now() - COALESCE_WINDOW + 1))
    .where('kind', '=', kind)
    .where('browser', '=', browser)
    .returning('count')
    .executeTakeFirst()

const selectByEmail = ({ db }: Deps, email_hash: string) =>
  db.selectFrom('failed_logins').where('email_hash', '=', email_hash)

const findLastId = async (deps: Deps, email_hash: string) =>
  (await selectByEmail(deps, email_hash).select('id').orderBy('id', 'desc').limit(1).executeTakeFirst())?.id

async function findEmailHash({ db }: Deps, userId: string) {
  const user = db.selectFrom('users').select('canonical_email').where('id', '=', userId)
  return hashEmail((await user.executeTakeFirst())?.canonical_email ?? '')
}

const selectUnexpired = (deps: Deps, email_hash: string) =>
  selectByEmail(deps, email_hash)
    .select(['id', 'kind', 'browser', 'ip', 'created_at', 'count'])
    .where('id', '>=', idPrefixAt(deps.now() - FAILED_LOGIN_RETENTION + 1))

/** Newest first. An empty `before` starts at the newest. */
export async function listFailedLoginsBefore(deps: Deps, userId: string, before: string, limit: number) {
  const newest = selectUnexpired(deps, await findEmailHash(deps, userId))
    .orderBy('id', 'desc')
    .limit(limit)
  return (before === '' ? newest : newest.where('id', '<', before)).execute()
}

export async function listFailedLoginsAfter(deps: Deps, userId: string, id: string, limit: number) {
  const unexpired = selectUnexpired(deps, await findEmailHash(deps, userId))
  return unexpired.where('id', '>', id).orderBy('id').limit(limit).execute()
}

/** Those of the users with failed logins after the id of each. */
export async function findUsersWithFailedLogins({ db }: Pick<Deps, 'db'>, lastIds: Map<string, string>) {
  const users = await db
    .selectFrom('users')
    .select(['id', 'canonical_email'])
    .where('id', 'in', [...lastIds.keys()])
    .execute()
  const userIds = new Map(users.map(({ id, canonical_email }) => [hashEmail(canonical_email), id]))
  const failures = db
    .selectFrom('failed_logins')
    .select('email_hash')
    .where(({ eb, or, and }) =>
      or([...userIds].map(([hash, id]) => and([eb('email_hash', '=', hash), eb('id', '>', lastIds.get(id) ?? '')]))),
    )
  return (await failures.execute()).flatMap(({ email_hash }) => userIds.get(email_hash) ?? [])
}

export const findLastFailedLoginId = async (deps: Deps, userId: string) =>
  (await findLastId(deps, await findEmailHash(deps, userId))) ?? ''

/** A new user must not see the IPs of failures from before the sign-up. */
export const deleteFailedLogins = ({ db }: Deps, canonicalEmail: string) =>
  sendWrite(db, db.deleteFrom('failed_logins').where('email_hash', '=', hashEmail(canonicalEmail)))
