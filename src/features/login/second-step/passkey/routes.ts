import { Elysia, t } from 'elysia'
import { verifyPasskeyStep } from '@/model/accounts/factors/verify-passkey-step'
import { canUsePasskeys } from '@/model/passkeys/passkeys'
import { isSecondStepPending } from '@/http/auth/second-step'
import { doNotSave } from '@/http/auth/saved-request'
import { textField } from '@/http/request/form-fields'
import { notFound } from '@/http/response/http-errors'
import type { Guards } from '@/http/auth/guards'
import { renderSecondStep } from '../render'

/** A passkey that verified the user is more than a security key, which only proves presence. */
export const secondStepByPasskey = ({ secondStepPending }: Guards) =>
  new Elysia({ prefix: '/passkey', ...doNotSave }).use(secondStepPending).post(
    '/',
    async (context) => {
      const { deps, client, pending, body, returnPath, reply } = context
      const { afterLoginPath, loginUrl, trySecondFactor, completeSecondStep } = context
      if (!canUsePasskeys(deps)) throw notFound()
      const isTrustChosen = body.trust === 'yes'
      const check = await trySecondFactor(() => verifyPasskeyStep(deps, pending, body.assertion, client))
      if (check.kind === 'exhausted') return reply.redirect(loginUrl(), 'second-step-dropped')
      const finished = async () => reply.redirect(await afterLoginPath(pending.user, returnPath))
      if (check.kind === 'failed' && !(await isSecondStepPending(context))) return finished()
      if (check.kind !== 'ok') return renderSecondStep(context, { passkeyFailure: check, isTrustChosen })
      const completed = await completeSecondStep({
        method: check.isUserVerified ? 'passkey' : 'security-key',
        passkeyId: check.passkey.id,
        trust: isTrustChosen,
        use: check.use,
      })
      if (completed.kind === 'logged-in') return reply.redirect(completed.to, completed.flash ?? 'logged-in')
      if (completed.kind === 'unverified') return completed.response
      if (!completed.isUsed) return finished()
      return renderSecondStep(context, { passkeyFailure: { kind: 'failed' }, isTrustChosen })
    },
    { body: t.Object({ assertion: textField, trust: textField }) },
  )
