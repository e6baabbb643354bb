import { Elysia, t } from 'elysia'
import { cancelByLink, findResetLink, finishReset, startWaiting } from '@/model/accounts/factors/delayed-reset'
import { doNotSave } from '@/http/auth/saved-request'
import { cookiesIn } from '@/http/request/cookies'
import { textField } from '@/http/request/form-fields'
import { reportOpened, reportRejected } from '@/http/response/link-events'
import { LinkQuery, takeLinkToken } from '@/http/response/link-token'
import type { Context } from '@/http/types/context'
import type { Guards } from '@/http/auth/guards'
import { InvalidResetLinkPage, ResetFactorsPage } from './views'

const Choice = t.Object({ action: textField })

/** A map, so that `constructor` is no action. */
const actions = new Map(
  [
    { name: 'start', act: startWaiting, flash: 'factor-reset-started' } as const,
    { name: 'finish', act: finishReset, flash: 'factors-reset' } as const,
    { name: 'cancel', act: cancelByLink, flash: 'factor-reset-cancelled' } as const,
  ].map((action) => [String(action.name), action]),
)

/** The links in the mails of a delayed reset. Only a POST acts, so link scanners of mailboxes start nothing. */
export const factorReset = ({ anyone }: Guards) =>
  new Elysia({ prefix: '/login/reset-factors', ...doNotSave })
    .use(anyone)
    .get('/', (context) => takeLinkToken(context, '/login/reset-factors') ?? renderLink(context), { query: LinkQuery })
    .post(
      '/',
      async (context) => {
        const { deps, client, body, loginUrl, reply } = context
        const action = actions.get(body.action)
        if (action === undefined) return renderLink(context, true)
        const cookies = cookiesIn(context)
        if (!(await action.act(deps, { token: cookies.get('one-time'), client }))) return refuse(context)
        cookies.clear('one-time')
        return reply.redirect(loginUrl(), action.flash)
      },
      { body: Choice },
    )

type LinkContext = Pick<Context, 'deps' | 'request' | 'internal' | 'loginUrl' | 'reply'>

async function renderLink(context: LinkContext, isUndecided = false) {
  const { deps, reply } = context
  const link = await findResetLink(deps, cookiesIn(context).get('one-time'))
  if (!link) return refuse(context)
  if (!isUndecided) reportOpened(context, link.purpose)
  const page = { purpose: link.purpose, wait: deps.config.factorReset, isUndecided }
  return reply.page(ResetFactorsPage(page), isUndecided ? 422 : 200)
}

function refuse(context: LinkContext) {
  reportRejected(context)
  return context.reply.page(InvalidResetLinkPage({ loginUrl: context.loginUrl() }), 410)
}
