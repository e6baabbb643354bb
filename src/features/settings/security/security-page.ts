import { findSecurityOverview } from '@/model/accounts/security-overview'
import { countTrustedBrowsers } from '@/model/limits/known-devices'
import type { User } from '@/model/types'
import type { Context } from '@/http/types'
import type { SecurityExtras } from './props'
import { SecurityPage } from './views'

type PageContext = Pick<Context, 'deps' | 'isFresh' | 'factors' | 'internal' | 'reply' | 'withNext'> & {
  currentUser: User
}

/** The page of all login methods. `extras`: what a refused form adds. */
export async function securityPage(
  { deps, currentUser, isFresh, factors, internal, reply, withNext }: PageContext,
  extras?: SecurityExtras,
) {
  return SecurityPage({
    user: currentUser,
    overview: await findSecurityOverview(deps, currentUser),
    factors: await factors(),
    trustedBrowsers: await countTrustedBrowsers(deps, currentUser),
    trustLifetime: deps.config.trustedBrowser,
    isRequired: internal.isSetUpMissing,
    isFresh,
    hasFlash: reply.hasFlash(),
    withNext,
    ...extras,
  })
}
