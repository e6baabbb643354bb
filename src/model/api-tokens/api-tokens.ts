import { preparedRead, textParam } from '@db/sqlite/prepared-read'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { inTransaction, writeBestEffort } from '@/deps/transaction'
import { base64url, sha256 } from '@/lib/encoding'
import { days, minutes } from '@/lib/duration'
import { isTokenText, createTokenText } from './format'
import { canonicalName, validateName } from '@/model/users/name'
import { scopes, type Scope } from '@/model/users/roles'
import { recordEvent } from '@/model/security-events/security-events'
import type { Client, User } from '@/model/types'
import { joinedUserColumns, toUser } from '@/model/users/columns'
import { staleReason } from '@/model/users/users'

/** For how many days a token may live. */
export const MAX_TOKEN_DAYS = 365

/** What a user may see of a token: never its hash. */
export type ApiToken = Omit<Schema['api_tokens'], 'token_hash' | 'revoked_at' | 'scopes'> & { scopes: Scope[] }

type NewToken = { name: string; scopes: readonly Scope[]; lifetime: number }

const columns = [
  'api_tokens.id',
  'api_tokens.user_id',
  'api_tokens.name',
  'api_tokens.hint',
  'api_tokens.scopes',
  'api_tokens.created_at',
  'api_tokens.expires_at',
  'api_tokens.last_used_at',
] as const

const withParsedScopes = <Row extends { scopes: string }>(row: Row) => ({ ...row, scopes: parseScopes(row.scopes) })
const parseScopes = (text: string) => scopes.filter((scope) => text.split(' ').includes(scope))

export const validateTokenName = (name: string) => validateName(name, 'a name for the token')

type Created =
  /** As text, which nobody can read again, and how it is kept. */
  | { kind: 'created'; text: string; token: ApiToken }
  /** The user has as many as they may. */
  | { kind: 'max-tokens' }
  /** They have made as many as they may within a day. */
  | { kind: 'daily-limit' }
  /** The user is deactivated, or no longer as they were read. */
  | { kind: 'user-changed' }

/** A new token. Its lifetime is in milliseconds. */
export const createApiToken = (deps: Deps, user: User, { name, scopes, lifetime }: NewToken, client?: Client) =>
  inTransaction(deps, async (deps): Promise<Created> => {
    if (lifetime > days(MAX_TOKEN_DAYS)) throw new RangeError('createApiToken was given more days than there may be')
    if (await staleReason(deps, user)) return { kind: 'user-changed' }
    const { activeApiTokens, createdApiTokensPerDay } = deps.config.rowCaps.perUser
    if ((await listApiTokensOf(deps, user)).length >= activeApiTokens) return { kind: 'max-tokens' }
    if ((await countCreatedToday(deps, user)) >= createdApiTokensPerDay) return { kind: 'daily-limit' }
    const text = createTokenText(deps)
    const at = deps.now()
    const kept = {
      id: base64url(deps.random(16)),
      user_id: user.id,
      name: canonicalName(name),
      token_hash: sha256(text),
      hint: text.slice(-4),
      scopes: scopes.join(' '),
      created_at: at,
      expires_at: at + lifetime,
      last_used_at: null,
    }
    await deps.db.insertInto('api_tokens').values(kept).execute()
    await deleteOldEndedTokens(deps, user)
    await recordEvent(
      deps,
      { kind: 'token-created', userId: user.id, tokenId: kept.id },
      { ...client, subject: kept.name },
    )
    return { kind: 'created', text, token: withParsedScopes(kept) }
  })

/** Deletes all but the user's newest tokens that are revoked or expired: newest by creation, which the daily limit counts. */
async function deleteOldEndedTokens({ db, now, config }: Deps, { id }: User) {
  const { perUser, deletedAtOnce } = config.rowCaps
  const old = db
    .selectFrom('api_tokens')
    .select('id')
    .where('user_id', '=', id)
    .where((its) => its.or([its('revoked_at', 'is not', null), its('expires_at', '<=', now())]))
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .offset(perUser.endedApiTokens)
    .limit(deletedAtOnce)
  await db.deleteFrom('api_tokens').where('id', 'in', old).execute()
}

async function countCreatedToday({ db, now }: Deps, { id }: User) {
  const made = db
    .selectFrom('api_tokens')
    .where('user_id', '=', id)
    .where('created_at', '>', now() - days(1))
  return Number((await made.select(({ fn }) => fn.countAll().as('n')).executeTakeFirstOrThrow()).n)
}

/** The user's tokens that still open something, newest first. */
export async function listApiTokensOf({ db, now }: Deps, user: Pick<User, 'id'>): Promise<ApiToken[]> {
  const live = db
    .selectFrom('api_tokens')
    .select(columns)
    .where('user_id', '=', user.id)
    .where('expires_at', '>', now())
  const rows = await live.where('revoked_at', 'is', null).orderBy('created_at', 'desc').orderBy('id').execute()
  return rows.map(withParsedScopes)
}

/** Revokes one of the user's own tokens, for good. False where there is none: not theirs, expired or revoked before. */
export const revokeApiToken = (deps: Deps, user: Pick<User, 'id'>, id: string, client?: Client) =>
  inTransaction(deps, async (deps) => {
    const own = deps.db
      .updateTable('api_tokens')
      .set({ revoked_at: deps.now() })
      .where('id', '=', id)
      .where('user_id', '=', user.id)
    const live = own.where('revoked_at', 'is', null).where('expires_at', '>', deps.now())
    const revoked = await live.returning('name').executeTakeFirst()
    if (!revoked) return false
    const event = { kind: 'token-revoked', userId: user.id, tokenId: id } as const
    await recordEvent(deps, event, { ...client, subject: revoked.name })
    return true
  })

/** Revokes all the user's tokens. Belongs in a transaction. */
export async function revokeApiTokensOf(deps: Deps, user: Pick<User, 'id'>) {
  for (const { id } of await listApiTokensOf(deps, user)) await revokeApiToken(deps, user, id)
}

const selectToken = preparedRead((db: Deps['db']) =>
  db
    .selectFrom('api_tokens')
    .innerJoin('users', 'users.id', 'api_tokens.user_id')
    .select(['api_tokens.id', 'scopes', 'last_used_at'])
    .select(joinedUserColumns)
    .where('token_hash', '=', textParam)
    .where('expires_at', '>', 0)
    .where('revoked_at', 'is', null)
    .where('deactivated_at', 'is', null),
)

/** Who sends this text as a token, and what the token may do. Undefined for one that is wrong, expired or revoked. */
export async function findUserByToken(deps: Deps, text: string) {
  if (!isTokenText(text, deps.config.branding.tokenPrefix)) return undefined
  const [row] = await selectToken(deps.db, [sha256(text), deps.now()])
  if (!row) return undefined
  await recordUse(deps, row)
  return { user: toUser(row), token: { id: row.id, scopes: parseScopes(row.scopes) } }
}

/** Written at most once a minute: a program that asks all day costs no write each time. */
async function recordUse(deps: Deps, { id, last_used_at }: Pick<ApiToken, 'id' | 'last_used_at'>) {
  const at = deps.now()
  if (last_used_at !== null && Math.abs(at - last_used_at) < minutes(1)) return
  const noted = deps.db.updateTable('api_tokens').set({ last_used_at: at }).where('id', '=', id)
  await writeBestEffort(deps, () => noted.execute())
}
