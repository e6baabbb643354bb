import { Elysia, t } from 'elysia'
import { loginNeedsVerification } from '@/model/accounts/authenticate'
import { stepUpBinding } from '@/model/passkeys/challenges'
import { canUsePasskeys } from '@/model/passkeys/passkeys'
import { verifyAssertion } from '@/model/passkeys/verify'
import { wasReplaced } from '@/model/sessions/sessions'
import { redirectToVerification } from '@/http/auth/confirm-login'
import type { Guards } from '@/http/auth/guards'
import { redirectToRestore } from '@/http/auth/restore-account'
import { doNotSave } from '@/http/auth/saved-request'
import { cookiesIn } from '@/http/request/cookies'
import { textField } from '@/http/request/form-fields'
import { notFound } from '@/http/response/http-errors'
import { renderRelogin } from '../relogin-page'

/** A passkey that verified the user is both factors, so it is enough for every session. */
export const reloginByPasskey = ({ reloginPending }: Guards) =>
  new Elysia({ prefix: '/passkey', ...doNotSave }).use(reloginPending).post(
    '/',
    async (context) => {
      const { deps, client, sessionLookup, body, returnPath, reauthenticate, afterLoginPath, reply } = context
      const { kind, session, user } = sessionLookup
      if (!canUsePasskeys(deps)) throw notFound()
      const input = { assertion: body.assertion, purpose: 'step-up', binding: stepUpBinding(session), user } as const
      const verified = await verifyAssertion(deps, { ...input, requireUserVerification: true }, client)
      if (verified.kind === 'ok' && verified.isDeletionScheduled)
        return redirectToRestore(context, verified.user, { passkeyId: verified.passkey.id })
      if (verified.kind === 'ok' && kind === 'ended' && loginNeedsVerification(deps, verified.user)) {
        const proof = { firstFactor: 'passkey', passkeyId: verified.passkey.id } as const
        const verification = await redirectToVerification(context, verified.user, proof)
        return verification instanceof Response ? verification : renderRelogin(context, { passkey: verification })
      }
      const login =
        verified.kind === 'ok'
          ? await reauthenticate({ method: 'passkey', passkeyId: verified.passkey.id, use: verified.use })
          : undefined
      if (login?.kind === 'logged-in') return reply.redirect(login.to, 'logged-in')
      // Another request of this browser may have used the passkey: the next page shows the state.
      const isDone =
        (login?.kind === 'rejected' && !login.isUsed) || (await wasReplaced(deps, cookiesIn(context).get('session')))
      if (isDone) return reply.redirect(await afterLoginPath(user, returnPath))
      return renderRelogin(context, { passkey: verified.kind === 'ok' ? { kind: 'failed' } : verified })
    },
    { body: t.Object({ assertion: textField }) },
  )
