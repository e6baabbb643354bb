import { Elysia, t } from 'elysia'
import { validateEmail } from '@/lib/email-address'
import { requestMail } from '@/model/mails/request-mail'
import { textField } from '@/http/request/form-fields'
import { authStatus } from '@/http/response/auth-status'
import type { Guards } from '@/http/auth/guards'
import { ForgotPasswordPage, MailSentPage, PasswordHelpPage } from './views'

const Address = t.Object({ email: textField })

/** Never reads the account of the address: the mail job does that later, so no answer reveals it. */
export const forgotPassword = ({ anyone, guest }: Guards) =>
  new Elysia({ prefix: '/forgot-password' })
    .use(new Elysia().use(anyone).get('/sent', ({ reply }) => reply.page(MailSentPage())))
    .use(guest)
    .get('/', ({ next, loginUrl, reply }) => reply.page(ForgotPasswordPage({ next, loginUrl: loginUrl() })))
    .post(
      '/',
      async ({ deps, client, body, next, loginUrl, reply }) => {
        const page = { next, loginUrl: loginUrl(), email: body.email }
        const error = validateEmail(body.email)
        if (error !== undefined) return reply.page(ForgotPasswordPage({ ...page, error }), 422)
        const limited = await requestMail(deps, 'reset-password', body.email, client)
        if (limited) return reply.page(ForgotPasswordPage({ ...page, limited }), ...authStatus(limited))
        return reply.redirect('/forgot-password/sent')
      },
      { body: Address },
    )

/** Without mail only an administrator can help. */
export const passwordHelp = ({ guest }: Guards) =>
  new Elysia({ prefix: '/forgot-password' })
    .use(guest)
    .get('/', ({ deps, loginUrl, reply }) =>
      reply.page(PasswordHelpPage({ loginUrl: loginUrl(), supportEmail: deps.config.supportEmail })),
    )
