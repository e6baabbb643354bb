import { SECURITY_PATH } from '@/lib/security-path'
import { acceptedPasskeys } from '@/model/passkeys/accepted'
import { assuranceLevelOf, isTwoStepOn, parseAmr } from '@/model/factors/assurance'
import { shouldOfferPasskey } from '@/model/passkeys/offer'
import { registrationOptions } from '@/model/passkeys/options'
import type { Session, User } from '@/model/types'
import { AcceptedPasskeys, PasskeyOffer, PasskeyUpgrade } from '@/ui/passkey-offer'
import { Html, asString } from '@/ui/html'
import type { Auth } from '@/http/types/auth'

/** Its users want to finish a form. */
const RESUME_PATH = '/resume'

/**
 * For `public/passkeys.js`. A flash message follows every login and every change of a name, an address or a passkey, so other
 * pages need no query.
 */
export async function passkeyMarkup(auth: Auth, user: User, session: Session, path: string, flash: string | undefined) {
  const { deps } = auth
  if (flash === undefined && path !== SECURITY_PATH) return ''
  const accepted = await acceptedPasskeys(deps, user)
  const signals = accepted ? asString(<AcceptedPasskeys accepted={accepted} />) : ''
  const { passkeyUpgrade } = auth
  const isWanted = flash === 'logged-in' && path !== RESUME_PATH && passkeyUpgrade !== 'off'
  if (!isWanted || !(await shouldOfferPasskey(deps, user, session))) return signals
  const offer = signals + asString(<PasskeyOffer path={path} />)
  if (passkeyUpgrade === 'ask' || !mayUpgrade(user, session)) return offer
  return offer + asString(<PasskeyUpgrade {...await registrationOptions(deps, user, session, 'upgrade')} />)
}

/** A password alone must not add a second factor. */
const mayUpgrade = (user: User, session: Session) => !isTwoStepOn(user) || assuranceLevelOf(parseAmr(session)) === 2
