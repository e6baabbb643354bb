import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { TokenPurpose } from '@db/mail-tables'
import type { Schema } from '@db/schema'
import { days, minutes } from '@/lib/duration'

type Tokens = ExpressionBuilder<Schema, 'one_time_tokens'>

type PurposeRule = {
  lifetime: number
  /** The state that must not have changed since the token was issued. */
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

/** An active account with the address, whatever its password. */
const ownerOfEmail = ({ selectFrom }: Tokens) =>
  selectFrom('users')
    .select('users.id')
    .whereRef('users.id', '=', 'one_time_tokens.user_id')
    .whereRef('users.canonical_email', '=', 'one_time_tokens.canonical_email')
    .where('users.deactivated_at', 'is', null)
    .where('users.deletion_at', 'is', null)

const pendingSignup = ({ selectFrom }: Tokens) =>
  selectFrom('pending_signups')
    .select('pending_signups.id')
    .whereRef('pending_signups.id', '=', 'one_time_tokens.pending_signup_id')

const openEmailChange = ({ selectFrom }: Tokens) =>
  selectFrom('email_changes')
    .innerJoin('users', 'users.id', 'email_changes.user_id')
    .select('email_changes.id')
    .whereRef('email_changes.id', '=', 'one_time_tokens.email_change_id')
    .where('email_changes.changed_at', 'is', null)
    .where('email_changes.cancelled_at', 'is', null)
    .where('users.deactivated_at', 'is', null)
    .where('users.deletion_at', 'is', null)

const anyOwner = ({ selectFrom }: Tokens) =>
  selectFrom('users').select('users.id').whereRef('users.id', '=', 'one_time_tokens.user_id')

/** The password is part of the proof, so a change of it ends the link. Only an admin resets the factors of another role. */
const openFactorReset = (tokens: Tokens) =>
  activeOwner(tokens)
    .innerJoin('factor_resets', 'factor_resets.user_id', 'users.id')
    .whereRef('factor_resets.id', '=', 'one_time_tokens.factor_reset_id')
    .whereRef('factor_resets.password_version', '=', 'users.password_version')
    .where('factor_resets.completed_at', 'is', null)
    .where('users.role', '=', 'user')
    .where('users.deletion_at', 'is', null)
    .where('users.secured_at', 'is', null)

const requestedFactorReset = (tokens: Tokens) => openFactorReset(tokens).where('factor_resets.confirmed_at', 'is', null)

const confirmedFactorReset = (tokens: Tokens) =>
  openFactorReset(tokens).where('factor_resets.confirmed_at', 'is not', null)

const always = (rule: PurposeRule['isBound']) => ({ isBound: rule, isUsable: rule })

export const purposeRules: Record<TokenPurpose, PurposeRule> = {
  'sign-up': { lifetime: days(1), ...always((tokens) => tokens.exists(pendingSignup(tokens))) },
  'verify-email': { lifetime: days(1), ...always((tokens) => tokens.exists(ownerOfEmail(tokens))) },
  'change-email': { lifetime: days(1), ...always((tokens) => tokens.exists(openEmailChange(tokens))) },
  'reset-password': {
    lifetime: minutes(30),
    isBound: (tokens) => tokens.exists(boundOwner(tokens)),
    isUsable: (tokens) => tokens.exists(activeOwner(tokens)),
  },
  // Also after a change of address or password, because an attacker makes these changes.
  'secure-account': { lifetime: days(7), ...always((tokens) => tokens.exists(anyOwner(tokens))) },
  'login-code': { lifetime: minutes(10), ...always((tokens) => tokens.exists(activeOwner(tokens))) },
  'factor-reset-confirm': { lifetime: days(1), ...always((tokens) => tokens.exists(requestedFactorReset(tokens))) },
  'factor-reset-finish': { lifetime: days(1), ...always((tokens) => tokens.exists(confirmedFactorReset(tokens))) },
  // For a user who proved the password. It is in no mail, only in a cookie.
  'restore-account': { lifetime: minutes(10), ...always((tokens) => tokens.exists(scheduledOwner(tokens))) },
}
