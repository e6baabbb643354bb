import { Elysia } from 'elysia'
import { SECURITY_PATH } from '@/lib/security-path'
import { findRemovalHindrance, removePassword } from '@/model/accounts/passwordless'
import { findRecoveryHold } from '@/model/users/recovery-hold'
import { isMailOn } from '@/model/mails/request-mail'
import type { User } from '@/model/types'
import type { Guards } from '@/http/auth/guards'
import { withNewToken } from '@/http/auth/with-new-token'
import type { Context } from '@/http/types/context'
import { RecoveryHoldPage } from '../../views'
import { RemovePasswordPage } from './views'

/** For users who log in with a passkey. */
export const passwordRemoval = ({ freshLoginRequired }: Guards) =>
  new Elysia({ prefix: '/password/remove' })
    .use(freshLoginRequired)
    .get('/', (context) => renderPage(context))
    .post('/', async (context) => {
      const { deps, client, currentUser, session, reply } = context
      if (await findRecoveryHold(deps, currentUser)) return renderPage(context)
      const isRemoved = await withNewToken(context, (deps) => removePassword(deps, currentUser, { session, client }))
      return isRemoved ? reply.redirect(SECURITY_PATH, 'password-removed') : renderPage(context)
    })

async function renderPage({ deps, currentUser, reply }: Pick<Context, 'deps' | 'reply'> & { currentUser: User }) {
  const hold = await findRecoveryHold(deps, currentUser)
  if (hold) return reply.page(RecoveryHoldPage(hold), 409)
  const hindrance = await findRemovalHindrance(deps, currentUser)
  const page = RemovePasswordPage({ email: currentUser.email, canRecover: isMailOn(deps), hindrance })
  return reply.page(page, hindrance ? 409 : 200)
}
