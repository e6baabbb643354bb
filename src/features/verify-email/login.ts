import { confirmLogin, findConfirmableLogin, type ConfirmedLogin } from '@/model/accounts/confirm-login'
import type { FirstFactor } from '@/model/factors/assurance'
import { usePasskey } from '@/model/passkeys/verify'
import { cookiesIn } from '@/http/request/cookies'
import { readFlow } from '@/http/response/flow-cookie'
import { reportOpened } from '@/http/response/link-events'
import type { Context } from '@/http/types/context'
import { refuse, type LinkPages, type Target } from './link'
import { ConfirmPage } from './views'

/** The link of a mail that a login requested, in the browser that proved the account: one button is enough there. */
export const loginLinks: LinkPages = {
  async render(context, token, { next }) {
    const user = await findConfirmableLogin(context.deps, flowOf(context), token)
    if (!user) return undefined
    reportOpened(context, 'verify-email')
    return context.reply.page(ConfirmPage({ email: user.email, next }))
  },

  async confirm(context, token, _, target) {
    const { deps, client } = context
    const flow = flowOf(context)
    const isWanted = flow !== undefined && (await findConfirmableLogin(deps, flow, token)) !== undefined
    return isWanted ? finishLogin(context, await confirmLogin(deps, flow, token, client), target) : undefined
  },

  /** The user proved the account, so it is theirs. */
  decline: async () => undefined,
}

const flowOf = (context: Context) => readFlow(cookiesIn(context), 'login')

export const confirmLoginByCode = async (context: Context, flow: string, token: { id: string }, target: Target) =>
  finishLogin(context, await confirmLogin(context.deps, flow, token, context.client), target)

async function finishLogin(context: Context, done: ConfirmedLogin | undefined, { returnPath }: Target) {
  const { deps, loginUrl, logIn, reply } = context
  if (!done) return refuse(context)
  const cookies = cookiesIn(context)
  for (const name of ['one-time', 'flow'] as const) if (cookies.get(name)) cookies.clear(name)
  const { user, login } = done
  if (!login) return reply.redirect(loginUrl(), 'email-confirmed')
  const { firstFactor, provedAt, ...proof } = login
  const { passkeyId } = firstFactor === 'passkey' ? login : {}
  const result = await logIn(user, {
    ...methodOf(firstFactor),
    ...proof,
    provedAt,
    fresh: deps.now() - provedAt < deps.config.session.fresh,
    returnPath,
    inSameTransaction: passkeyId === undefined ? undefined : (deps) => usePasskey(deps, passkeyId),
  })
  if (result.kind === 'rejected') return reply.redirect(loginUrl(), 'email-confirmed')
  return result.kind === 'second-step' ? reply.redirect(result.to) : reply.redirect(result.to, 'account-confirmed')
}

const methodOf = (factor: FirstFactor) =>
  factor === 'password' || factor === 'passkey' || factor === 'email-code'
    ? { method: factor }
    : { method: 'external' as const, provider: factor.slice('external:'.length) }
