import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { Schema, TokenPurpose } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { minutes } from '@/lib/duration'
import { canonicalEmail } from '@/lib/email-address'
import { base64url, sha256 } from '@/lib/encoding'
import { createToken, isWellFormedToken } from '@/lib/random-token'
import type { User } from '@/model/types'

type Tokens = ExpressionBuilder<Schema, 'one_time_tokens'>

type PurposeRule = {
  lifetime: number
  /** What must not have changed since the token was issued. */
  isBound: (tokens: Tokens) => Expression<SqlBool>
  /** `isBound`, and the account may do this now. */
  isUsable: (tokens: Tokens) => Expression<SqlBool>
}

/** The address and the password, so that a token ends with a change of either, without a deletion. */
const boundOwner = ({ selectFrom }: Tokens) =>
  selectFrom('users')
    .select('users.id')
    .whereRef('users.id', '=', 'one_time_tokens.user_id')
    .whereRef('users.canonical_email', '=', 'one_time_tokens.canonical_email')
    .whereRef('users.password_version', '=', 'one_time_tokens.password_version')

const activeOwner = (tokens: Tokens) => boundOwner(tokens).where('users.deactivated_at', 'is', null)

const scheduledOwner = (tokens: Tokens) => activeOwner(tokens).where('users.deletion_at', 'is not', null)

const rules: Record<TokenPurpose, PurposeRule> = {
  'reset-password': {
    lifetime: minutes(30),
    isBound: (tokens) => tokens.exists(boundOwner(tokens)),
    isUsable: (tokens) => tokens.exists(activeOwner(tokens)),
  },
  // For a user who proved the password. It is in no mail, only in a cookie.
  'restore-account': {
    lifetime: minutes(10),
    isBound: (tokens) => tokens.exists(scheduledOwner(tokens)),
    isUsable: (tokens) => tokens.exists(scheduledOwner(tokens)),
  },
}

/** A second mail must not end the link of the first one, which the user may open later. */
const MAX_PER_PURPOSE = 3

/** Returns the token for the mail that is sent now. Belongs in a transaction. */
export async function issueOneTimeToken(
  deps: Deps,
  purpose: TokenPurpose,
  { id: user_id, email, password_version }: Pick<User, 'id' | 'email' | 'password_version'>,
) {
  const { token, token_hash } = createToken(deps)
  const created_at = deps.now()
  const row = {
    id: base64url(deps.random(16)),
    token_hash,
    purpose,
    user_id,
    canonical_email: canonicalEmail(email) ?? '',
    password_version,
    created_at,
    expires_at: created_at + rules[purpose].lifetime,
  }
  await deps.db.insertInto('one_time_tokens').values(row).execute()
  await enforceMax(deps, row)
  return token
}

async function enforceMax({ db, config }: Deps, { id, purpose, user_id }: Owned) {
  const oldest = db
    .selectFrom('one_time_tokens')
    .select('id')
    .where('user_id', '=', user_id)
    .where('purpose', '=', purpose)
    .where('id', '!=', id)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .offset(MAX_PER_PURPOSE - 1)
    .limit(config.rowCaps.deletedAtOnce)
  await db.deleteFrom('one_time_tokens').where('id', 'in', oldest).execute()
}

type Owned = { id: string; purpose: TokenPurpose; user_id: string }

/** For a page: changes nothing. */
export async function findOneTimeToken({ db, now }: Deps, purpose: TokenPurpose, token = '') {
  if (!isWellFormedToken(token)) return undefined
  return db
    .selectFrom('one_time_tokens')
    .select('user_id')
    .where('token_hash', '=', sha256(token))
    .where('purpose', '=', purpose)
    .where('expires_at', '>', now())
    .where(rules[purpose].isBound)
    .executeTakeFirst()
}

/**
 * The only way to use a token. Belongs in the transaction of its effect: of parallel uses one gets the row, and all others
 * get undefined. SQLite's single writer keeps the user unchanged until the commit. PostgreSQL must lock that row.
 */
export async function consumeOneTimeToken({ db, now }: Deps, purpose: TokenPurpose, token = '') {
  if (!isWellFormedToken(token)) return undefined
  return db
    .deleteFrom('one_time_tokens')
    .where('token_hash', '=', sha256(token))
    .where('purpose', '=', purpose)
    .where('expires_at', '>', now())
    .where(rules[purpose].isUsable)
    .returning(['user_id', 'created_at'])
    .executeTakeFirst()
}

export const revokeOneTimeTokensOf = ({ db }: Deps, { id }: Pick<User, 'id'>, purposes: TokenPurpose[]) =>
  db.deleteFrom('one_time_tokens').where('user_id', '=', id).where('purpose', 'in', purposes).execute()

/** Of a mail that was not sent. */
export const revokeOneTimeTokens = async ({ db }: Deps, tokens: string[]) => {
  if (tokens.length > 0) await db.deleteFrom('one_time_tokens').where('token_hash', 'in', tokens.map(sha256)).execute()
}
