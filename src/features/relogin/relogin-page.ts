import { stepUpMethods, type StepUpMethod } from '@/model/factors/step-up'
import { isMailOn } from '@/model/mails/request-mail'
import type { AuthFailure, SessionLookup } from '@/model/types'
import { isReloginDialog } from '@/http/request/client'
import { authStatus, codeStatus } from '@/http/response/auth-status'
import type { Context } from '@/http/types'
import { ReloginDialog, ReloginPage, type CodeError } from './views'

export type ReloginContext = Pick<
  Context,
  'deps' | 'request' | 'loginUrl' | 'withNext' | 'reply' | 'factors' | 'isFresh'
> & {
  sessionLookup: SessionLookup
  next?: string
}

export type ReloginFailure = { password?: AuthFailure; code?: CodeError }

/** What the session lacks, in the order of the page. */
export const methodsOf = async ({
  sessionLookup,
  factors,
  isFresh,
}: ReloginContext): Promise<readonly StepUpMethod[]> => stepUpMethods(sessionLookup, await factors(), isFresh)

/** Renders a page, or a dialog for the script of the current page. */
export async function renderRelogin(context: ReloginContext, { password, code }: ReloginFailure = {}) {
  const { deps, request, sessionLookup, next, loginUrl, withNext, reply } = context
  const props = {
    sessionLookup,
    methods: await methodsOf(context),
    next,
    loginUrl: loginUrl(),
    switchUserUrl: withNext('/relogin/switch-user'),
    failure: password,
    codeError: code,
    canReset: isMailOn(deps),
  }
  const status = code ? codeStatus(code.failure) : authStatus(password)
  if (isReloginDialog(request)) return reply.dialog(ReloginDialog(props), ...status)
  return reply.page(ReloginPage({ ...props, isExplained: reply.hasFlash() }), ...status)
}
