import { preparedRead, textParam } from '@db/prepared-read'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { accountLock } from '@/deps/locks'
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

export const MAX_TOKEN_DAYS = 365

export type ApiToken = Omit<Schema['api_tokens'], 'token_hash' | 'revoked_at' | 'scopes'> & { scopes: Scope[] }

/** `lifetime` is in milliseconds. */
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
  /** `text` is the token itself; the database has only its hash. */
  | { kind: 'created'; text: string; token: ApiToken }
  | { kind: 'max-tokens' }
  | { kind: 'daily-limit' }
  /** Deactivated, or the password changed since the user was read. */
  | { kind: 'user-changed' }

export const createApiToken = (deps: Deps, user: User, token: NewToken, client?: Client) =>
  inTransaction(deps, (deps) => create(deps, user, token, client), { locks: [accountLock(user.id)] })

async function create(deps: Deps, user: User, { name, scopes, lifetime }: NewToken, client?: Client): Promise<Created> {
  if (lifetime > days(MAX_TOKEN_DAYS)) throw new RangeError('createApiToken: lifetime exceeds 365 days')
  if (await staleReason(deps, user)) return { kind: 'user-changed' }
  const { activeApiTokens, createdApiTokensPerDay } = deps.config.rowCaps.perUser
  if ((await listApiTokensOf(deps, user)).length >= activeApiTokens) return { kind: 'max-tokens' }
  if ((await countCreatedToday(deps, user)) >= createdApiTokensPerDay) return { kind: 'daily-limit' }
  const text = createTokenText(deps)
  const at = deps.now()
  const row = {
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
  await deps.db.insertInto('api_tokens').values(row).execute()
  await deleteOldEndedTokens(deps, user)
  const event = { kind: 'token-created', userId: user.id, tokenId: row.id } as const
  await recordEvent(deps, event, { ...client, subject: row.name })
  return { kind: 'created', text, token: withParsedScopes(row) }
}

/** Keeps the newest by creation, which the daily limit counts. */
async function deleteOldEndedTokens({ db, now, config }: Deps, { id }: User) {
  const { perUser, deletedAtOnce } = config.rowCaps
  const old = db
    .selectFrom('api_tokens')
    .select('id')
    .where('user_id', '=', id)
    .where((eb) => eb.or([eb('revoked_at', 'is not', null), eb('expires_at', '<=', now())]))
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .offset(perUser.endedApiTokens)
    .limit(deletedAtOnce)
  await db.deleteFrom('api_tokens').where('id', 'in', old).execute()
}

async function countCreatedToday({ db, now }: Deps, { id }: User) {
  const created = db
    .selectFrom('api_tokens')
    .where('user_id', '=', id)
    .where('created_at', '>', now() - days(1))
  return Number((await created.select(({ fn }) => fn.countAll().as('n')).executeTakeFirstOrThrow()).n)
}

export async function listApiTokensOf({ db, now }: Deps, user: Pick<User, 'id'>): Promise<ApiToken[]> {
  const rows = await db
    .selectFrom('api_tokens')
    .select(columns)
    .where('user_id', '=', user.id)
    .where('expires_at', '>', now())
    .where('revoked_at', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute()
  return rows.map(withParsedScopes)
}

/** An active token of this user. */
export const findApiToken = async (deps: Deps, user: Pick<User, 'id'>, id: string) =>
  (await listApiTokensOf(deps, user)).find((token) => token.id === id)

/** Returns false if the user has no active token with this id. */
export const revokeApiToken = (deps: Deps, user: Pick<User, 'id'>, id: string, client?: Client) =>
  inTransaction(
    deps,
    async (deps) => {
      const revoked = await deps.db
        .updateTable('api_tokens')
        .set({ revoked_at: deps.now() })
        .where('id', '=', id)
        .where('user_id', '=', user.id)
        .where('revoked_at', 'is', null)
        .where('expires_at', '>', deps.now())
        .returning('name')
        .executeTakeFirst()
      if (!revoked) return false
      const event = { kind: 'token-revoked', userId: user.id, tokenId: id } as const
      await recordEvent(deps, event, { ...client, subject: revoked.name })
      return true
    },
    { locks: [accountLock(user.id)] },
  )

/** Belongs in a transaction with the account lock. */
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

export async function findUserByToken(deps: Deps, text: string) {
  if (!isTokenText(text, deps.config.branding.tokenPrefix)) return undefined
  const [row] = await selectToken(deps.db, [sha256(text), deps.now()])
  if (!row) return undefined
  await recordUse(deps, row)
  return { user: toUser(row), token: { id: row.id, scopes: parseScopes(row.scopes) } }
}

/** At most one write per minute, because programs send many requests. */
async function recordUse(deps: Deps, { id, last_used_at }: Pick<ApiToken, 'id' | 'last_used_at'>) {
  const at = deps.now()
  if (last_used_at !== null && Math.abs(at - last_used_at) < minutes(1)) return
  const update = deps.db.updateTable('api_tokens').set({ last_used_at: at }).where('id', '=', id)
  await writeBestEffort(deps, () => update.execute())
}
