import type { Deps } from '@/deps/deps'
import { listApps, type AuthenticatorApp } from '@/model/authenticator-apps/authenticator-apps'
import { findRecoveryCodes } from '@/model/recovery-codes/recovery-codes'
import { listEventsOf, type SecurityEvent } from '@/model/security-events/event-list'
import type { User } from '@/model/types'
import { summarizeAccess, type AccessSummary } from './access-summary'
import { findTwoStepState, type TwoStepState } from './two-step'

const RECENT_EVENTS = 5

/** What the page of login methods shows. */
export type SecurityOverview = {
  twoStep: TwoStepState
  apps: AuthenticatorApp[]
  maxApps: number
  /** Undefined if the user never saved any. */
  codes: { left: number; createdAt: number } | undefined
  access: AccessSummary
  recentEvents: SecurityEvent[]
}

export async function findSecurityOverview(deps: Deps, user: User): Promise<SecurityOverview> {
  return {
    twoStep: await findTwoStepState(deps, user),
    apps: await listApps(deps, user),
    maxApps: deps.config.rowCaps.perUser.authenticatorApps,
    codes: await findRecoveryCodes(deps, user),
    access: await summarizeAccess(deps, user),
    recentEvents: (await listEventsOf(deps, user)).events.slice(0, RECENT_EVENTS),
  }
}
