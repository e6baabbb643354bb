import type { Deps } from '@/deps/deps'
import { listApps, type AuthenticatorApp } from '@/model/authenticator-apps/authenticator-apps'
import { listPasskeys, type ListedPasskey } from '@/model/passkeys/passkeys'
import { findRecoveryCodes } from '@/model/recovery-codes/recovery-codes'
import { listEventsOf, type SecurityEvent } from '@/model/security-events/event-list'
import type { User } from '@/model/types'
import { summarizeAccess, type AccessSummary } from './access-summary'
import { findTwoStepState, type TwoStepState } from './factors/two-step'

const RECENT_EVENTS = 5

/** The data of the page of login methods. */
export type SecurityOverview = {
  twoStep: TwoStepState
  apps: AuthenticatorApp[]
  maxApps: number
  passkeys: PasskeyDetails[]
  /** Undefined if the user never saved any. */
  codes: { left: number; createdAt: number } | undefined
  access: AccessSummary
  recentEvents: SecurityEvent[]
}

/** `browser`: the user agent of the last session that used the passkey. */
export type PasskeyDetails = ListedPasskey & { browser?: string }

export async function listPasskeyDetails(deps: Deps, user: Pick<User, 'id'>): Promise<PasskeyDetails[]> {
  const used = await deps.db
    .selectFrom('sessions')
    .select(['passkey_id', 'user_agent'])
    .where('user_id', '=', user.id)
    .where('passkey_id', 'is not', null)
    .orderBy(({ fn }) => fn.coalesce('second_factor_at', 'authenticated_at'))
    .orderBy('id')
    .execute()
  const browsers = new Map(used.map(({ passkey_id, user_agent }) => [passkey_id, user_agent]))
  return (await listPasskeys(deps, user)).map((passkey) => ({ ...passkey, browser: browsers.get(passkey.id) }))
}

export async function findSecurityOverview(deps: Deps, user: User): Promise<SecurityOverview> {
  return {
    twoStep: await findTwoStepState(deps, user),
    apps: await listApps(deps, user),
    passkeys: await listPasskeyDetails(deps, user),
    maxApps: deps.config.rowCaps.perUser.authenticatorApps,
    codes: await findRecoveryCodes(deps, user),
    access: await summarizeAccess(deps, user),
    recentEvents: (await listEventsOf(deps, user)).events.slice(0, RECENT_EVENTS),
  }
}
