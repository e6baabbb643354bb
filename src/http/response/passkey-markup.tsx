import { acceptedPasskeys } from '@/model/passkeys/accepted'
import { shouldOfferPasskey } from '@/model/passkeys/offer'
import type { Session, User } from '@/model/types'
import { AcceptedPasskeys, PasskeyOffer } from '@/ui/passkey-offer'
import { Html, asString } from '@/ui/html'
import type { Auth } from '@/http/types'

const SECURITY_PATH = '/settings/security'

/**
 * For `public/passkeys.js`. A flash message follows every login and every change of a name, an address or a passkey, so other
 * pages need no query.
 */
export async function passkeyMarkup(auth: Auth, user: User, session: Session, path: string, flash: string | undefined) {
  const { deps } = auth
  if (flash === undefined && path !== SECURITY_PATH) return ''
  const accepted = await acceptedPasskeys(deps, user)
  const signals = accepted ? asString(<AcceptedPasskeys accepted={accepted} />) : ''
  const isOffered =
    flash === 'logged-in' && auth.passkeyUpgrade !== 'off' && (await shouldOfferPasskey(deps, user, session))
  return isOffered ? signals + asString(<PasskeyOffer path={path} />) : signals
}
