import type { EndReason } from '@db/session-tables'
import type { LimitName } from '@db/limit-tables'
import type { MailKind, LinkPurpose } from '@db/mail-tables'
import type { Role } from '@db/schema'

/** For logs and listeners only: a response must not reveal whether an account exists. */
export type LoginFailure =
  | 'unknown-email'
  | 'wrong-password'
  | 'deactivated'
  | 'secured'
  | 'deletion-scheduled'
  | 'user-changed'
  | 'unknown-user'

/** `form`: with the current password. `reset`: with a link from a mail. */
export type PasswordChange = 'form' | 'reset' | 'command'

/** A user's id, or `command line`. */
export type Actor = string

/** Where a second factor was entered. `email-login`: after a code from an email. */
export type SecondStepPlace = 'login' | 'email-login' | 'relogin' | 'reset-password'

type OfUser = { userId: string }
type OfSession = OfUser & { sessionId: string }
type OfFactor = OfUser & { factor: 'passkey' | 'authenticator-app'; factorId: string }
type OfToken = OfUser & { tokenId: string }
type OfMail = { mailId: string; mailKind: MailKind; userId?: string }

/** Security events. Each is emitted once, after the commit. They are logged, so they contain ids and no personal data. */
interface Events {
  /** With `EMAIL_VERIFICATION=required`. There is no account yet, and perhaps the address has one. */
  'sign-up-requested': object
  'signed-up': OfUser & { role: Role; by: Actor }
  /** `amr` are the methods of `src/model/factors/assurance.ts`. `how` is missing for a password. */
  'logged-in': OfSession & { remembered: boolean; amr: string; how?: 'email-code' }
  /** A login with a browser that is not in the user's history. */
  'new-device': OfSession
  'login-failed': { reason: LoginFailure; userId?: string }
  'rate-limited': { by: 'account' | 'known-device' | 'source' | 'network' }
  /** Many sources together reached the alarm of a limit. No request is refused. */
  'attack-suspected': { limit: LimitName; count: number }
  /** After 100 failed logins in a row. Until the lockout ends, only known devices can log in. */
  'account-locked': OfUser
  'account-unlocked': OfUser & { by: Actor }
  reauthenticated: OfSession & { amr: string }
  'logged-out': OfSession
  /** A remember token started a session. */
  'session-restored': OfSession
  'token-used': OfToken
  'access-denied': { reason: 'unauthenticated' | 'forbidden'; path: string; userId?: string }
  'reauth-required': OfSession & { path: string }
  'client-changed': OfSession
  'session-ended': OfSession & { reason: EndReason }
  /** A remembered device without an active session; `sessionId` is its last session. */
  'device-revoked': OfSession
  /** An admin ended all sessions, or the user all others. `session-ended` follows for each. */
  'sessions-revoked': OfUser & { by: Actor }
  /** A remember token was presented that is no longer valid, so two browsers have the series. */
  'remember-token-reused': OfUser & { seriesId: string }
  /** `new-place`: the user changed it soon after the first login from this browser and network. */
  'password-changed': OfUser & { by: Actor; how: PasswordChange; reason?: 'new-place' }
  /** From the mail job, which finds the account if there is one; with `by` from an admin or the command line. */
  'password-reset-requested': { userId?: string; by?: Actor }
  /** An admin sent the user a mail to confirm the address. */
  'verification-requested': OfUser & { by: Actor }
  /** The user proved that the address is theirs, or an admin or the command line vouched for it. */
  'email-verified': OfUser & { by: Actor }
  /** The address changes when the new one is confirmed. */
  'email-change-requested': OfUser
  /** By the user, who confirmed the new address, or by an admin or the command line. */
  'email-changed': OfUser & { by: Actor }
  /** The user confirmed `This wasn’t me`: no password works until a reset. */
  'account-secured': OfUser
  /** The previous address is back. */
  'email-change-undone': OfUser
  /** The user downloaded the file of `/settings/export`. */
  'data-exported': OfUser
  /** The user turned off the mails about logins from new browsers. */
  'notification-muted': OfUser
  'notification-unmuted': OfUser
  /** The page of a link from a mail was opened, and the link works. */
  'link-opened': { purpose: LinkPurpose }
  /** A link from a mail does not work: it is used, expired, replaced, truncated or invented. */
  'link-rejected': object
  /** The first factor was right. No session has started. */
  'second-step-required': OfUser & { firstFactor: string }
  'second-step-failed': OfUser & { method: 'totp' | 'recovery-code' | 'passkey'; place: SecondStepPlace; count: number }
  /** A login from an unknown browser whose second step was never completed. */
  'second-step-abandoned': OfUser
  /** After 100 wrong codes in a row. Only known devices can still use codes. */
  'codes-locked': OfUser
  'factor-added': OfFactor
  'factor-removed': OfFactor & { by: Actor }
  'recovery-codes-created': OfUser
  'recovery-code-used': OfUser & { left: number }
  'two-step-enabled': OfUser
  'two-step-disabled': OfUser & { by: Actor }
  /** This browser skips the second step from now on. */
  'browser-trusted': OfSession
  'trusted-browsers-revoked': OfUser
  /** The counter of the passkey did not rise, so it may have been copied. */
  'passkey-flagged': OfUser & { factorId: string }
  /** The user does not want to be asked for a passkey. */
  'passkey-declined': OfUser
  'password-set': OfUser
  'password-removed': OfUser
  /** All second factors were removed. `by` is a user id, `command line` or `delayed`. */
  'factors-reset': OfUser & { by: Actor }
  'factor-reset-requested': OfUser
  /** The waiting period runs. `dueAt` in epoch milliseconds. */
  'factor-reset-confirmed': OfUser & { dueAt: number }
  'factor-reset-cancelled': OfUser & { by: Actor }
  'token-created': OfToken
  'token-revoked': OfToken
  'role-changed': OfUser & { from: Role; to: Role; by: Actor }
  'user-deactivated': OfUser & { by: Actor }
  'user-activated': OfUser & { by: Actor }
  /** The mail server accepted the mail. */
  'mail-sent': OfMail
  /** An attempt failed, or the mail will never be sent (`isFinal`). */
  'mail-failed': OfMail & { code: string; isFinal: boolean }
  /** The mail server has not been usable for ten minutes. Repeated every ten minutes, by one process. */
  'mail-stalled': { waiting: number; oldestMinutes: number; code: string }
  'deletion-requested': OfUser & { by: Actor }
  'deletion-cancelled': OfUser & { by: Actor }
  /** The row and all that belongs to it are deleted. */
  'user-deleted': OfUser
}

export type EventKind = keyof Events

export type AuthEvent<K extends EventKind = EventKind> = { [One in K]: { kind: One } & Events[One] }[K]
