import { Elysia, t } from 'elysia'
import { stopSecondStep } from '@/model/accounts/factors/second-step'
import { verifySecondFactor } from '@/model/accounts/factors/verify-second-factor'
import { placeOf } from '@/model/pending-logins/pending-logins'
import { isSecondStepPending } from '@/http/auth/second-step'
import { SECOND_STEP_PATH } from '@/http/request/path'
import { doNotSave } from '@/http/auth/saved-request'
import { readReturnPath } from '@/http/auth/return-path'
import { cookiesIn } from '@/http/request/cookies'
import { secondFactorFields, secondFactorIn, textField } from '@/http/request/form-fields'
import { flashOfLogin } from '@/http/response/flash'
import type { Guards } from '@/http/auth/guards'
import { secondStepByPasskey } from './passkey/routes'
import { renderSecondStep } from './render'

const Codes = t.Object({ ...secondFactorFields, trust: textField })

export const secondStep = (guards: Guards) =>
  new Elysia({ prefix: SECOND_STEP_PATH })
    .use(stopping(guards))
    .use(secondStepByPasskey(guards))
    .use(guards.secondStepPending)
    .get('/', (context) => renderSecondStep(context))
    .post(
      '/',
      async (context) => {
        const { deps, client, pending, body, returnPath, reply } = context
        const { afterLoginPath, loginUrl, trySecondFactor, completeSecondStep } = context
        const isTrustChosen = body.trust === 'yes'
        const { field, proof } = secondFactorIn(body)
        const check = await trySecondFactor(() =>
          verifySecondFactor(deps, pending.user, proof, client, placeOf(pending)),
        )
        if (check.kind === 'exhausted') return reply.redirect(loginUrl(), 'second-step-dropped')
        // Another request of this browser may have used the code and logged in: the next page shows the state.
        const finished = async () => reply.redirect(await afterLoginPath(pending.user, returnPath))
        if (check.kind === 'wrong' && !(await isSecondStepPending(context))) return finished()
        if (check.kind !== 'ok') return renderSecondStep(context, { error: { field, failure: check }, isTrustChosen })
        let left: number | undefined
        const completed = await completeSecondStep({
          method: check.method,
          trust: isTrustChosen,
          async use(deps) {
            const used = await check.use(deps)
            left = used?.left
            return used
          },
        })
        if (completed.kind === 'logged-in') return reply.redirect(completed.to, completed.flash ?? flashOfLogin(left))
        if (completed.kind === 'unverified') return completed.response
        if (!completed.isUsed) return finished()
        return renderSecondStep(context, { error: { field, failure: { kind: 'wrong' } }, isTrustChosen })
      },
      { body: Codes, ...doNotSave },
    )

/** Harmless without a pending login, and twice. */
const stopping = ({ anyone }: Guards) =>
  new Elysia().use(anyone).post(
    '/stop',
    async (context) => {
      const { deps, request, body, internal, loginUrl, reply } = context
      const cookies = cookiesIn(context)
      const token = cookies.get('pending')
      readReturnPath(internal.auth, request, body)
      if (token !== undefined) {
        await stopSecondStep(deps, token)
        cookies.clear('pending')
      }
      return reply.redirect(loginUrl())
    },
    doNotSave,
  )
