import { Elysia, t } from 'elysia'
import type { Deps } from '@/deps/deps'
import { findLostFactors, requestFactorReset } from '@/model/accounts/factors/delayed-reset'
import { doNotSave } from '@/http/auth/saved-request'
import { textField } from '@/http/request/form-fields'
import { authStatus } from '@/http/response/auth-status'
import type { Guards } from '@/http/auth/guards'
import { LostFactorsPage } from './views'

const Next = t.Object({ next: textField })

/** For users who proved the first factor and can use none of their second factors. */
export const lostFactors = ({ secondStepPending }: Guards) =>
  new Elysia({ prefix: '/login/second-step/lost', ...doNotSave })
    .use(secondStepPending)
    .get('/', async ({ deps, pending, next, reply }) =>
      reply.page(LostFactorsPage({ ...propsOf(deps), next, lost: await findLostFactors(deps, pending) })),
    )
    .post(
      '/',
      async ({ deps, client, pending, next, withNext, reply }) => {
        const requested = await requestFactorReset(deps, pending, client)
        if (requested.kind === 'requested')
          return reply.redirect(withNext('/login/second-step'), 'factor-reset-requested')
        const page = { ...propsOf(deps), next, lost: await findLostFactors(deps, pending) }
        if (requested.kind === 'impossible') return reply.page(LostFactorsPage(page), 409)
        return reply.page(LostFactorsPage({ ...page, limited: requested }), ...authStatus(requested))
      },
      { body: Next },
    )

const propsOf = ({ config }: Deps) => ({ wait: config.factorReset, contacts: config })
