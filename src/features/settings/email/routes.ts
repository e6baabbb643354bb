import { Elysia, t } from 'elysia'
import { confirmEmailChange } from '@/model/accounts/confirm-email-change'
import { cancelEmailChange, findPendingChange } from '@/model/accounts/pending-changes'
import { requestEmailChange, resendConfirmation } from '@/model/accounts/request-email-change'
import { confirmEmail, findEmailState, shouldConfirmEmail, requestVerification } from '@/model/accounts/verify-email'
import { verifyCode } from '@/model/one-time-tokens/codes'
import type { Session, User } from '@/model/types'
import { cookiesIn } from '@/http/request/cookies'
import { textField } from '@/http/request/form-fields'
import { authStatus } from '@/http/response/auth-status'
import { nextFlow, readFlow, saveFlow } from '@/http/response/flow-cookie'
import { forbidden } from '@/http/response/http-errors'
import type { Context } from '@/http/types/context'
import type { Guards } from '@/http/auth/guards'
import { CodeExhaustedPage, EmailPage, EmailUnavailablePage, RecoveryHoldPage, type EmailErrors } from './views'

const NewAddress = t.Object({ email: textField })
const Code = t.Object({ code: textField })

/** While mail is on. */
export const emailSettings = ({ loginRequired, freshLoginRequired }: Guards) =>
  new Elysia({ prefix: '/settings/email' })
    .use(changeRoutes(freshLoginRequired))
    .use(loginRequired)
    .post(
      '/code',
      async (context) => {
        const { deps, client, currentUser, session, body, reply } = context
        const pending = await findPendingChange(deps, currentUser)
        const cookies = cookiesIn(context)
        const purpose = pending ? 'change-email' : 'verify-email'
        const checked = await verifyCode(deps, purpose, readFlow(cookies), body.code, client)
        if (checked.kind === 'rate-limited') return renderEmail(context, { code: checked }, ...authStatus(checked))
        if (checked.kind === 'exhausted') return reply.page(CodeExhaustedPage({ action: '/settings/email/send' }), 410)
        if (checked.kind === 'wrong') return renderEmail(context, { code: checked }, 422)
        if (!pending) {
          const isConfirmed = await confirmEmail(deps, currentUser, checked, client)
          if (!isConfirmed) return renderEmail(context, { code: { kind: 'wrong' } }, 422)
          cookies.clear('flow')
          return reply.redirect('/settings/email', 'email-confirmed')
        }
        const changed = await confirmEmailChange(deps, currentUser, checked, { session, client })
        if (changed.kind === 'invalid') return renderEmail(context, { code: { kind: 'wrong' } }, 422)
        cookies.clear('flow')
        if (changed.kind === 'unavailable') return reply.page(EmailUnavailablePage(), 409)
        if (changed.sessionToken) cookies.set('session', changed.sessionToken)
        return reply.redirect('/settings/email', 'email-changed')
      },
      { body: Code },
    )
    .post('/send', async (context) => {
      const { deps, client, currentUser, reply } = context
      const pending = await findPendingChange(deps, currentUser)
      const isUnverified = shouldConfirmEmail(deps, currentUser)
      if (!pending && !isUnverified) return reply.redirect('/settings/email', 'mail-resent')
      const flow = nextFlow(deps, cookiesIn(context))
      const limited = pending
        ? await resendConfirmation(deps, currentUser, pending, { client, flow })
        : await requestVerification(deps, currentUser, client, flow)
      if (limited) return renderEmail(context, { send: limited }, ...authStatus(limited))
      saveFlow(cookiesIn(context), flow)
      return reply.redirect('/settings/email', 'mail-resent')
    })
    .post('/cancel', async ({ deps, currentUser, reply }) => {
      await cancelEmailChange(deps, currentUser)
      return reply.redirect('/settings/email', 'email-change-cancelled')
    })

const changeRoutes = (freshLoginRequired: Guards['freshLoginRequired']) =>
  new Elysia()
    .use(freshLoginRequired)
    .get('/', (context) => renderEmail(context))
    .post(
      '/',
      async (context) => {
        const { deps, client, currentUser, session, body, reply } = context
        const flow = nextFlow(deps, cookiesIn(context))
        const requested = await requestEmailChange(deps, currentUser, body.email, { session, client, flow })
        switch (requested.kind) {
          case 'held':
            return reply.page(RecoveryHoldPage(requested.hold), 409)
          case 'invalid':
            return renderEmail(context, { email: requested.error, typed: body.email }, 422)
          case 'rate-limited':
            return renderEmail(context, { limited: requested, typed: body.email }, ...authStatus(requested))
          case 'session-ended':
            throw forbidden()
          case 'changed':
            return reply.redirect('/settings/email', 'email-changed')
          case 'requested':
            saveFlow(cookiesIn(context), flow)
            return reply.redirect('/settings/email', 'email-change-requested')
        }
      },
      { body: NewAddress },
    )

type EmailContext = Pick<Context, 'deps' | 'request' | 'internal' | 'reply'> & { currentUser: User; session: Session }

async function renderEmail(
  context: EmailContext,
  errors: EmailErrors = {},
  ...status: [number?, Record<string, string>?]
) {
  const { deps, currentUser, reply } = context
  const page = {
    user: currentUser,
    state: await findEmailState(deps, currentUser),
    pending: await findPendingChange(deps, currentUser),
    isVerificationOn: deps.config.emailVerification !== 'off',
    hasFlow: readFlow(cookiesIn(context)) !== undefined,
    ...errors,
  }
  return reply.page(EmailPage(page), ...status)
}
