import { Elysia } from 'elysia'
import { SECURITY_PATH } from '@/lib/security-path'
import { findFreeName, removeApp } from '@/model/accounts/factors/change-apps'
import { findApp, renameApp } from '@/model/authenticator-apps/authenticator-apps'
import { withNewToken } from '@/http/auth/with-new-token'
import { notFound } from '@/http/response/http-errors'
import type { Guards } from '@/http/auth/guards'
import { NameFields, renameFactor } from '../../rename'
import { RemovalFields, removalOf, respondNotRemoved } from '../../removal-response'
import { AppRow } from '../row'

export const changeAppRoutes = ({ loginRequired, freshLoginRequired }: Guards) =>
  new Elysia()
    .use(
      new Elysia().use(loginRequired).post(
        '/:id/rename',
        (context) => {
          const { deps, currentUser, params, body } = context
          return renameFactor(context, {
            find: () => findApp(deps, currentUser, params.id),
            rename: async (deps) =>
              renameApp(deps, currentUser, params.id, await findFreeName(deps, currentUser, body.name, params.id)),
            row: (app) => AppRow({ app }),
          })
        },
        { body: NameFields },
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
        if (removed.kind === 'removed') return reply.redirect(SECURITY_PATH, 'app-removed')
        return respondNotRemoved(context, removed, {
          noun: 'authenticator app',
          action: `${SECURITY_PATH}/app/${id}/remove`,
        })
      },
      { body: RemovalFields },
    )
