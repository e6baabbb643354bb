import { Elysia, t } from 'elysia'
import { findFreeName, removeApp } from '@/model/accounts/factors/change-apps'
import { findApp, renameApp } from '@/model/authenticator-apps/authenticator-apps'
import { validateFactorName } from '@/model/users/factor-name'
import { withRecheck } from '@/http/auth/recheck'
import { withNewToken } from '@/http/auth/with-new-token'
import { textField } from '@/http/request/form-fields'
import { notFound } from '@/http/response/http-errors'
import type { Guards } from '@/http/auth/guards'
import { RemovalFields, removalOf, respondNotRemoved } from '../../removal-response'
import { securityPage } from '../../security-page'
import { AppRow } from '../row'

const SECURITY = '/settings/security'

const NewName = t.Object({ name: textField })

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
          await withRecheck(deps, session, 'profile:write', async (deps) =>
            renameApp(deps, currentUser, id, await findFreeName(deps, currentUser, body.name, id)),
          )
          const app = await findApp(deps, currentUser, id)
          if (!app) throw notFound()
          return reply.canReplace() ? reply.partial(AppRow({ app })) : reply.redirect(SECURITY)
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
        if (!(await findApp(deps, currentUser, id))) throw notFound()
        const removed = await withNewToken(context, (deps) => removeApp(deps, currentUser, id, removalOf(context)))
        if (removed.kind === 'removed') return reply.redirect(SECURITY, 'app-removed')
        return respondNotRemoved(context, removed, {
          noun: 'authenticator app',
          action: `${SECURITY}/app/${id}/remove`,
        })
      },
      { body: RemovalFields },
    )
