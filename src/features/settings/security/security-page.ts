import { hasPasswordOnly } from '@/model/factors/step-up'
import { findRemovalTime } from '@/model/accounts/factors/delayed-reset'
import { findSecurityOverview } from '@/model/accounts/security-overview'
import { isAddressUnproved } from '@/model/accounts/prove-mailbox'
import { countTrustedBrowsers } from '@/model/limits/known-devices'
import { isMailOn } from '@/model/mails/request-mail'
import type { Session, User } from '@/model/types'
import { passkeyPlace } from '@/http/auth/passkey-place'
import type { Context } from '@/http/types/context'
import type { SecurityExtras } from './props'
import { SecurityPage } from './views'

export type SecurityPageContext = Pick<
  Context,
  'deps' | 'request' | 'isFresh' | 'factors' | 'internal' | 'reply' | 'withNext'
> & {
  currentUser: User
  session: Session
}

/** The page of all login methods. `extras`: what a refused form adds. */
export async function securityPage(
  { deps, request, currentUser, session, isFresh, factors, internal, reply, withNext }: SecurityPageContext,
  extras?: SecurityExtras,
) {
  return SecurityPage({
    user: currentUser,
    overview: await findSecurityOverview(deps, currentUser),
    factors: await factors(),
    isPasswordOnly: hasPasswordOnly(await factors()),
    trustedBrowsers: await countTrustedBrowsers(deps, currentUser),
    trustLifetime: deps.config.trustedBrowser,
    isAddressUnproved: isMailOn(deps) && isAddressUnproved(deps, currentUser),
    isRequired: internal.isSetUpMissing,
    isFresh,
    session,
    passkeyPlace: passkeyPlace({ deps, request }),
    appUrl: deps.config.appUrl,
    isRemovalWaiting: (await findRemovalTime(deps, currentUser)) !== undefined,
    hasFlash: reply.hasFlash(),
    withNext,
    ...extras,
  })
}
