import { findRemovalTime } from '@/model/accounts/factors/delayed-reset'
import { consumeTheftAlert } from '@/model/sessions/theft-alert'
import type { Session, User } from '@/model/types'
import type { View } from '@/ui/html'
import { isUserActivity } from '@/http/request/client'
import { stateOf } from '@/http/request/request-state'
import type { Auth } from '@/http/types/auth'
import type { Cookies } from '@/http/types/cookies'
import { codeNotice } from './code-notice'
import { consumeFlash } from './flash'
import { passkeyMarkup } from './passkey-markup'

type Reader = { user?: User; cookies?: Cookies }

/** Whether the next page shows a message that the page after it does not show. */
export const showsOnce = ({ user, cookies }: Reader) =>
  cookies?.get('flash') !== undefined || (user !== undefined && user.theft_alert_at !== null)

type MessageContext = Reader & { auth: Auth; request: Request; session?: Session }

/** The messages of a page and the alerts above it. A prefetch must not use up those that are shown once. */
export async function pageMessages(context: MessageContext, { message }: View, status: number) {
  const { auth, request, user, cookies } = context
  const isSeen = isUserActivity(request)
  const hasTheftAlert = isSeen && (await takeTheftAlert(auth, user))
  const accountMessages = await accountMessagesOf(context, isSeen ? cookies?.get('flash') : undefined, status)
  // After everything that can fail, so that the error page shows the message.
  // A page that states its own result shows that. The flash message waits for the next page.
  const shown = message ?? (cookies && isSeen ? consumeFlash(auth, cookies, request, user) : undefined)
  return { hasTheftAlert, ...accountMessages, message: shown }
}

const takeTheftAlert = async ({ deps }: Auth, user: User | undefined) =>
  user !== undefined && user.theft_alert_at !== null && consumeTheftAlert(deps, user)

/** None for a visitor. */
async function accountMessagesOf(
  { auth, request, user, session }: MessageContext,
  flashKey: string | undefined,
  status: number,
) {
  if (!user || !session) return {}
  const { path } = stateOf(request)
  return {
    factorResetAt: await findRemovalTime(auth.deps, user),
    passkeys: status === 200 ? await passkeyMarkup(auth, user, session, path, flashKey) : undefined,
    notice: await codeNotice(auth, user, path, flashKey),
  }
}
