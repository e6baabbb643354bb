import { listApps } from '@/model/authenticator-apps/authenticator-apps'
import { countRecoveryCodes } from '@/model/recovery-codes/recovery-codes'
import type { CodeError, PasskeyFailure } from '@/ui/second-factor-text'
import type { SecondStepProps } from '@/ui/second-step'
import type { Context } from '@/http/types/context'
import { passkeyRequest } from './passkey-place'
import type { Pending } from './second-step'

export type SecondStepContext = Pick<Context, 'deps' | 'request' | 'currentUser'> & { pending: Pending; next?: string }

/** The refused attempt, and the choices of the user. */
export type SecondStepState = { error?: CodeError; passkeyFailure?: PasskeyFailure; isTrustChosen?: boolean }

/** For the page of the second step, and for the re-login dialog, which shows it after the password. */
export async function secondStepProps(
  context: SecondStepContext,
  { error, passkeyFailure, isTrustChosen }: SecondStepState = {},
): Promise<SecondStepProps> {
  const { deps, pending, next, currentUser } = context
  return {
    passkey: await passkeyRequest(context, 'second-step', pending.token_hash, pending.user),
    passkeyFailure,
    email: pending.user.email,
    next,
    hasApps: (await listApps(deps, pending.user)).length > 0,
    hasRecoveryCodes: (await countRecoveryCodes(deps, pending.user)) > 0,
    trustedFor: deps.config.trustedBrowser,
    isTrustChosen,
    error,
    canCancel: currentUser !== undefined,
  }
}
