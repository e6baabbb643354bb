import { Elysia } from 'elysia'
import { SECURITY_PATH } from '@/lib/security-path'
import type { Deps } from '@/deps/deps'
import { removePasskey } from '@/model/accounts/factors/change-passkeys'
import { listPasskeyDetails } from '@/model/accounts/security-overview'
import { renamePasskey } from '@/model/passkeys/passkeys'
import type { User } from '@/model/types'
import type { Guards } from '@/http/auth/guards'
import { withNewToken } from '@/http/auth/with-new-token'
import { notFound } from '@/http/response/http-errors'
import { NameFields, renameFactor } from '../../rename'
import { RemovalFields, removalOf, respondNotRemoved } from '../../removal-response'
import { PasskeyRow } from '../row'

export const changePasskeyRoutes = ({ loginRequired, freshLoginRequired }: Guards) =>
  new Elysia()
    .use(
      new Elysia().use(loginRequired).post(
        '/:id/rename',
        (context) => {
          const { deps, currentUser, session, params, body } = context
          return renameFactor(context, {
            find: () => findPasskey(deps, currentUser, params.id),
            rename: (deps) => renamePasskey(deps, currentUser, params.id, body.name),
            row: (passkey) => PasskeyRow({ passkey, isOfSession: session.passkey_id === params.id }),
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
        if (!(await findPasskey(deps, currentUser, id))) throw notFound()
        const removed = await withNewToken(context, (deps) => removePasskey(deps, currentUser, id, removalOf(context)))
        if (removed.kind === 'removed') return reply.redirect(SECURITY_PATH, 'passkey-removed')
        return respondNotRemoved(context, removed, {
          noun: 'passkey',
          action: `${SECURITY_PATH}/passkeys/${id}/remove`,
        })
      },
      { body: RemovalFields },
    )

const findPasskey = async (deps: Deps, user: User, id: string) =>
  (await listPasskeyDetails(deps, user)).find((one) => one.id === id)
