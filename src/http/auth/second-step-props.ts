import { listApps } from '@/model/authenticator-apps/authenticator-apps'
import { isMailOn } from '@/model/mails/request-mail'
import { countRecoveryCodes } from '@/model/recovery-codes/recovery-codes'
import type { CodeError } from '@/ui/second-factor-text'
import type { SecondStepProps } from '@/ui/second-step'
import type { Context } from '@/http/types'
import type { Pending } from './second-step'

export type SecondStepContext = Pick<Context, 'deps' | 'currentUser'> & { pending: Pending; next?: string }

/** For the page of the second step, and for the re-login dialog, which shows it after the password. */
export async function secondStepProps(
  { deps, currentUser, pending, next }: SecondStepContext,
  { error, isTrustChosen }: { error?: CodeError; isTrustChosen?: boolean } = {},
): Promise<SecondStepProps> {
  return {
    email: pending.user.email,
    next,
    hasApps: (await listApps(deps, pending.user)).length > 0,
    hasRecoveryCodes: (await countRecoveryCodes(deps, pending.user)) > 0,
    trustedFor: deps.config.trustedBrowser,
    isTrustChosen,
    error,
    canReset: isMailOn(deps),
    canOpenReset: currentUser === undefined,
  }
}
