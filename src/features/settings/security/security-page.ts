import { isSecondFactorRequired } from '@/model/factors/assurance'
import { findSecurityOverview } from '@/model/accounts/security-overview'
import type { User } from '@/model/types'
import type { Context } from '@/http/types'
import type { SecurityExtras } from './props'
import { SecurityPage } from './views'

type PageContext = Pick<Context, 'deps' | 'isFresh' | 'reply' | 'withNext'> & { currentUser: User }

/** The page of all login methods. `extras`: what a refused form adds. */
export async function securityPage(
  { deps, currentUser, isFresh, reply, withNext }: PageContext,
  extras?: SecurityExtras,
) {
  return SecurityPage({
    user: currentUser,
    overview: await findSecurityOverview(deps, currentUser),
    isRequired: isSecondFactorRequired(deps.config.mfa, currentUser),
    isFresh,
    hasFlash: reply.hasFlash(),
    withNext,
    ...extras,
  })
}
