import type { SecurityOverview } from '@/model/accounts/security-overview'
import type { User } from '@/model/types'

/** What a refused form adds to the page. */
export type SecurityExtras = {
  /** Why a form was refused. */
  error?: string
  /** The name that a user typed for a factor, and why it was refused. */
  renamed?: { id: string; name: string; error: string }
}

export type SecurityProps = SecurityExtras & {
  user: User
  overview: SecurityOverview
  /** `MFA` requires two-step verification of this user. */
  isRequired: boolean
  isFresh: boolean
  /** A flash message already says what a notice would repeat. */
  hasFlash: boolean
  /** Adds the page that the user comes from to a path. */
  withNext: (path: string) => string
}
