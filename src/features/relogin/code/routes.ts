import { Elysia, t } from 'elysia'
import { verifySecondFactor } from '@/model/accounts/factors/verify-second-factor'
import { wasReplaced } from '@/model/sessions/sessions'
import type { Guards } from '@/http/auth/guards'
import { doNotSave } from '@/http/auth/saved-request'
import { cookiesIn } from '@/http/request/cookies'
import { secondFactorFields, secondFactorIn } from '@/http/request/form-fields'
import { flashOfLogin } from '@/http/response/flash'
import { methodsOf, renderRelogin } from '../relogin-page'

/** For an active session that has a first factor: the code alone makes it fresh. */
export const reloginByCode = ({ reloginPending }: Guards) =>
  new Elysia({ prefix: '/code', ...doNotSave }).use(reloginPending).post(
    '/',
    async (context) => {
      const { deps, client, sessionLookup, body, returnPath, reauthenticate, afterLoginPath, aal, reply } = context
      const methods = await methodsOf(context)
      if (!methods.includes('app-code') && !methods.includes('recovery-code'))
        return renderRelogin(context, { isCodeLate: aal === 0 })
      const { proof, field } = secondFactorIn(body)
      const check = await verifySecondFactor(deps, sessionLookup.user, proof, client, 'relogin')
      let left: number | undefined
      const login =
        check.kind === 'ok'
          ? await reauthenticate({
              method: check.method,
              async use(deps) {
                const used = await check.use(deps)
                left = used?.left
                return used
              },
            })
          : undefined
      if (login?.kind === 'logged-in') return reply.redirect(login.to, flashOfLogin(left))
      // Another request of this browser may have used the code: the next page shows the state.
      const isDone =
        (login?.kind === 'rejected' && !login.isUsed) || (await wasReplaced(deps, cookiesIn(context).get('session')))
      if (isDone) return reply.redirect(await afterLoginPath(sessionLookup.user, returnPath))
      return renderRelogin(context, { code: { field, failure: check.kind === 'ok' ? { kind: 'wrong' } : check } })
    },
    { body: t.Object(secondFactorFields) },
  )
