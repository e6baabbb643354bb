import type { SecurityOverview } from '@/model/accounts/security-overview'
import type { Factors } from '@/model/factors/step-up'
import type { Session, User } from '@/model/types'
import type { PasskeyPlace } from '@/http/auth/passkey-place'

/** The parts that a refused form adds to the page. */
export type SecurityExtras = {
  /** Why a form was refused. */
  error?: string
  /** The name that a user typed for a factor, and why it was refused. */
  renamed?: { id: string; name: string; error: string }
}

export type SecurityProps = SecurityExtras & {
  user: User
  overview: SecurityOverview
  factors: Factors
  isPasswordOnly: boolean
  /** Browsers that skip the second step, and for how long a browser does, in milliseconds. */
  trustedBrowsers: number
  trustLifetime: number
  /** A reset of the password by mail would remove all second factors: see `proveMailbox`. */
  isAddressUnproved: boolean
  /** `MFA` requires two-step verification, and the user has not set it up. */
  isRequired: boolean
  isFresh: boolean
  session: Session
  passkeyPlace: PasskeyPlace
  appUrl: string
  /** An alert on every page says that two-step verification will be removed. */
  isRemovalWaiting: boolean
  /** A flash message already says what a notice would repeat. */
  hasFlash: boolean
  /** Adds the page that the user comes from to a path. */
  withNext: (path: string) => string
}
