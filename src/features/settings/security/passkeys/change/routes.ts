import { Elysia, t } from 'elysia'
import type { Deps } from '@/deps/deps'
import { removePasskey } from '@/model/accounts/factors/change-passkeys'
import { listPasskeyDetails } from '@/model/accounts/security-overview'
import { renamePasskey } from '@/model/passkeys/passkeys'
import type { User } from '@/model/types'
import { validateFactorName } from '@/model/users/factor-name'
import type { Guards } from '@/http/auth/guards'
import { withRecheck } from '@/http/auth/recheck'
import { withNewToken } from '@/http/auth/with-new-token'
import { textField } from '@/http/request/form-fields'
import { notFound } from '@/http/response/http-errors'
import { RemovalFields, removalOf, respondNotRemoved } from '../../removal-response'
import { securityPage } from '../../security-page'
import { PasskeyRow } from '../row'

const SECURITY = '/settings/security'

const NewName = t.Object({ name: textField })

export const changePasskeyRoutes = ({ loginRequired, freshLoginRequired }: Guards) =>
  new Elysia()
    .use(
      new Elysia().use(loginRequired).post(
        '/:id/rename',
        async (context) => {
          const { deps, currentUser, session, params, body, reply } = context
          const { id } = params
          if (!(await findPasskey(deps, currentUser, id))) throw notFound()
          const error = validateFactorName(body.name)
          if (error) return reply.page(await securityPage(context, { renamed: { id, name: body.name, error } }), 422)
          await withRecheck(deps, session, 'profile:write', (deps) => renamePasskey(deps, currentUser, id, body.name))
          const passkey = await findPasskey(deps, currentUser, id)
          if (!passkey) throw notFound()
          if (!reply.canReplace()) return reply.redirect(SECURITY)
          return reply.partial(PasskeyRow({ passkey, isOfSession: session.passkey_id === id }))
        },
        { body: NewName },
      ),
    )
    .use(freshLoginRequired)
    .post(
      '/:id/remove',
      async (context) => {
        const { deps, currentUser, params, reply } = context
        const { id } = params
        if (!(await findPasskey(deps, currentUser, id))) throw notFound()
        const removed = await withNewToken(context, (deps) => removePasskey(deps, currentUser, id, removalOf(context)))
        if (removed.kind === 'removed') return reply.redirect(SECURITY, 'passkey-removed')
        return respondNotRemoved(context, removed, { noun: 'passkey', action: `${SECURITY}/passkeys/${id}/remove` })
      },
      { body: RemovalFields },
    )

const findPasskey = async (deps: Deps, user: User, id: string) =>
  (await listPasskeyDetails(deps, user)).find((one) => one.id === id)
