import type { AccessSummary } from '@/model/accounts/access-summary'
import type { Factors } from '@/model/factors/step-up'
import type { Session } from '@/model/types'
import type { Role } from '@/model/users/roles'
import type { ListedUser } from '@/model/users/user-list'

export type UserErrors = { role?: string; state?: string; deletion?: string; email?: string }

export type UserProps = {
  account: ListedUser
  path: string
  access: AccessSummary
  factors: Factors
  sessions: Session[]
  currentSessionId?: string
  /** The account of the admin who reads this. */
  isOwn: boolean
  roles: readonly Role[]
  canWrite: boolean
  /** Whether mail is on. */
  canSendReset: boolean
  /** Whether addresses are confirmed at all. */
  isVerificationOn: boolean
  isFresh: boolean
  /** Whether the admin who reads this has two-step verification. */
  isTwoStep: boolean
  isPasswordOnly: boolean
  reloginUrl: string
  /** The requested role or address after an error. */
  selected?: string
  errors?: UserErrors
}
