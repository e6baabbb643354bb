import type { Deps } from '@/deps/deps'
import type { FirstFactor, SecondFactor } from '@/model/factors/assurance'
import type { RateLimited, User } from '@/model/types'

export type LoginOptions = {
  /** How the user proved the account. A passkey must have verified the user. */
  method: 'password' | 'passkey' | 'email-code' | 'external'
  /** For `external`: the name of the other site. */
  provider?: string
  /** For `passkey`: the row that was used. */
  passkeyId?: string
  /** The second factor of a login that waited for its address. */
  secondFactor?: SecondFactor | 'passkey'
  /** When the user proved the factors, if that was not just now. */
  provedAt?: number
  /** Whether to remember the device. */
  remember?: boolean
  /** For how long, in milliseconds; by default `rememberFor`. */
  duration?: number
  /** Whether a credential was typed just now. False for a login by a link or another site. */
  fresh?: boolean
  /** The `loginHitId` of `authenticate`: the attempt counts until the login is complete. */
  loginHitId?: string
  /** Also logs in a deactivated user. */
  force?: boolean
  /** By default the `next` of this request. */
  returnPath?: string
  /** Runs before the session starts. False rejects the login. Not for a login that needs a second step. */
  inSameTransaction?: (deps: Deps) => Promise<boolean>
}

/**
 * `to` is where the browser goes next. `rejected` changes nothing. `limit`: too many logins of the user wait. `isUsed`: another
 * request used the factor first.
 */
export type LoginResult =
  | { kind: 'logged-in'; to: string }
  | { kind: 'second-step'; to: string }
  | { kind: 'rejected'; limit?: RateLimited; isUsed?: boolean }

export type ReauthenticateOptions = {
  /** The method that the user just authenticated with. */
  method: FirstFactor | SecondFactor
  /** For `passkey` and `security-key`: the row that was used. */
  passkeyId?: string
  /** The `loginHitId` of `verifyPassword`: the attempt counts until the login is complete. */
  loginHitId?: string
  /** Uses the factor up. Nothing else happens unless it returns a value. */
  use?: (deps: Deps) => Promise<unknown>
  inSameTransaction?: (deps: Deps) => Promise<unknown>
  /** Whether to remember the device afterwards. */
  remember?: boolean
  /** By default the `next` of this request. */
  returnPath?: string
}

export type LoginActions = {
  /**
   * Starts a session in this browser, or begins the second step of a user with two-step verification. Rejected if the user
   * was deactivated, if the password changed since `user` was read, or if `findUser` of the app does not return the user.
   * Throws a RangeError for an invalid duration, before any change.
   */
  logIn(user: User, options: LoginOptions): Promise<LoginResult>
  /**
   * Makes the session fresh and rotates its token, or begins the second step if the method alone is not enough. Rejected
   * without a session, after a logout, and if another tab did this first. Also rejected if the password changed meanwhile, or
   * if `findUser` does not return the user any more.
   */
  reauthenticate(options: ReauthenticateOptions): Promise<LoginResult>
  /** Ends the session and the remember series. Harmless without a session. */
  logOut(): Promise<void>
}
