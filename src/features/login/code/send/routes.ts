import { Elysia, t } from 'elysia'
import { validateEmail } from '@/lib/email-address'
import { sha256 } from '@/lib/encoding'
import { requestMail } from '@/model/mails/request-mail'
import { cookiesIn } from '@/http/request/cookies'
import { textField } from '@/http/request/form-fields'
import { authStatus } from '@/http/response/auth-status'
import { nextFlow, saveFlow } from '@/http/response/flow-cookie'
import type { Guards } from '@/http/auth/guards'
import { codePage, PATH } from '../code-page'

const Address = t.Object({ email: textField })

/** Never reads the account of the address: the mail job does that later, so no answer reveals it. */
export const sendLoginCode = ({ guest }: Guards) =>
  new Elysia().use(guest).post(
    '/send',
    async (context) => {
      const { deps, client, body, withNext, reply } = context
      const cookies = cookiesIn(context)
      const { email } = body
      const emailError = validateEmail(email)
      if (emailError !== undefined) return reply.page(codePage(context, { email, emailError }), 422)
      const flow = nextFlow(deps, cookies, 'login-code')
      const mailLimit = await requestMail(deps, 'login-code', email, client, { flowHash: sha256(flow) })
      if (mailLimit) return reply.page(codePage(context, { email, mailLimit }), ...authStatus(mailLimit))
      saveFlow(cookies, flow)
      return reply.redirect(withNext(PATH))
    },
    { body: Address },
  )
