import { Elysia, t } from 'elysia'
import { findFreeName, removeApp } from '@/model/accounts/change-apps'
import { findApp, renameApp } from '@/model/authenticator-apps/authenticator-apps'
import { validateFactorName } from '@/model/users/factor-name'
import { withRecheck } from '@/http/auth/recheck'
import { withNewToken } from '@/http/auth/with-new-token'
import { textField } from '@/http/request/form-fields'
import { notFound } from '@/http/response/http-errors'
import type { Guards } from '@/http/auth/guards'
import { RemovalPage } from '../../removal'
import { REQUIRED_FACTOR_TEXT } from '../../texts'
import { securityPage } from '../../security-page'
import { RecoveryHoldPage } from '../../views'

const SECURITY = '/settings/security'

const NewName = t.Object({ name: textField })
const Removal = t.Object({ confirmed: textField, everywhere: textField })

export const changeAppRoutes = ({ loginRequired, freshLoginRequired }: Guards) =>
  new Elysia()
    .use(
      new Elysia().use(loginRequired).post(
        '/:id/rename',
        async (context) => {
          const { deps, currentUser, session, params, body, reply } = context
          const { id } = params
          if (!(await findApp(deps, currentUser, id))) throw notFound()
          const error = validateFactorName(body.name)
          if (error) return reply.page(await securityPage(context, { renamed: { id, name: body.name, error } }), 422)
          const isRenamed = await withRecheck(deps, session, 'profile:write', async (deps) =>
            renameApp(deps, currentUser, id, await findFreeName(deps, currentUser, body.name, id)),
          )
          if (!isRenamed) throw notFound()
          return reply.redirect(SECURITY, 'saved')
        },
        { body: NewName },
      ),
    )
    .use(freshLoginRequired)
    .post(
      '/:id/remove',
      async (context) => {
        const { deps, currentUser, session, client, params, body, reply } = context
        if (!(await findApp(deps, currentUser, params.id))) throw notFound()
        const removal = {
          session,
          client,
          isConfirmed: body.confirmed === 'yes',
          everywhere: body.everywhere === 'yes',
        }
        const removed = await withNewToken(context, (deps) => removeApp(deps, currentUser, params.id, removal))
        switch (removed.kind) {
          case 'removed':
            return reply.redirect(SECURITY, 'app-removed')
          case 'not-found':
            throw notFound()
          case 'held':
            return reply.page(RecoveryHoldPage(removed.hold), 409)
          case 'required':
            return reply.page(await securityPage(context, { error: REQUIRED_FACTOR_TEXT }), 409)
          case 'turns-off':
            return reply.page(
              RemovalPage({
                noun: 'authenticator app',
                name: removed.name,
                action: `${SECURITY}/app/${params.id}/remove`,
                everywhere: removal.everywhere,
              }),
            )
        }
      },
      { body: Removal },
    )
