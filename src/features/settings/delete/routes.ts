import { Elysia, t } from 'elysia'
import type { Deps } from '@/deps/deps'
import { canonicalEmail } from '@/lib/email-address'
import { deletionLocks, requestDeletion } from '@/model/accounts/request-deletion'
import { isMailOn } from '@/model/mails/request-mail'
import { withRecheck } from '@/http/auth/recheck'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { DeletePage } from './views'

const Confirmation = t.Object({ email: textField })

export const deleteSettings = ({ freshLoginRequired }: Guards) =>
  new Elysia({ prefix: '/delete' })
    .use(freshLoginRequired)
    .get('/', ({ deps, currentUser, reply }) =>
      reply.page(DeletePage({ user: currentUser, grace: deps.config.deletionGrace })),
    )
    .post(
      '/',
      async ({ deps, client, currentUser, session, body, logOut, reply }) => {
        const page = { user: currentUser, grace: deps.config.deletionGrace, typed: body.email }
        if (canonicalEmail(body.email) !== canonicalEmail(currentUser.email))
          return reply.page(DeletePage({ ...page, error: 'other-email' }), 422)
        const request = { by: currentUser.id, client, keepSession: session }
        const ask = (deps: Deps) => requestDeletion(deps, currentUser, request)
        if (!(await withRecheck(deps, session, 'profile:write', ask, deletionLocks(currentUser))))
          return reply.page(DeletePage({ ...page, error: 'last-admin' }), 422)
        await logOut() // by another reason, the event stream would lead this page to the login before the redirect arrives
        return reply.redirect('/', isMailOn(deps) ? 'deletion-requested' : 'deletion-requested-without-mail')
      },
      { body: Confirmation },
    )
