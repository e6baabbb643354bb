import type { AccessSummary } from '@/model/accounts/access-summary'
import type { Session } from '@/model/types'
import type { Role } from '@/model/users/roles'
import type { ListedUser } from '@/model/users/user-list'

export type UserErrors = { role?: string; state?: string; deletion?: string; email?: string }

export type UserProps = {
  account: ListedUser
  path: string
  access: AccessSummary
  sessions: Session[]
  currentSessionId?: string
  roles: readonly Role[]
  canWrite: boolean
  /** Whether mail is on. */
  canSendReset: boolean
  /** Whether addresses are confirmed at all. */
  isVerificationOn: boolean
  isFresh: boolean
  reloginUrl: string
  /** The requested role or address after an error. */
  selected?: string
  errors?: UserErrors
}
