import { Elysia, t } from 'elysia'
import { canonicalEmail } from '@/lib/email-address'
import { requestDeletion } from '@/model/accounts/request-deletion'
import { isMailOn } from '@/model/mails/request-mail'
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
      async ({ deps, client, currentUser, body, logOut, reply }) => {
        const page = { user: currentUser, grace: deps.config.deletionGrace, typed: body.email }
        if (canonicalEmail(body.email) !== canonicalEmail(currentUser.email))
          return reply.page(DeletePage({ ...page, error: 'other-email' }), 422)
        if (!(await requestDeletion(deps, currentUser, { by: currentUser.id, client })))
          return reply.page(DeletePage({ ...page, error: 'last-admin' }), 422)
        await logOut()
        return reply.redirect('/', isMailOn(deps) ? 'deletion-requested' : 'deletion-requested-without-mail')
      },
      { body: Confirmation },
    )
