import { stepUpMethods, type StepUpMethod } from '@/model/factors/step-up'
import { isMailOn } from '@/model/mails/request-mail'
import { stepUpBinding } from '@/model/passkeys/challenges'
import type { AuthFailure, SessionLookup } from '@/model/types'
import { passkeyRequest } from '@/http/auth/passkey-place'
import { isReloginDialog } from '@/http/request/client'
import { authStatus, codeStatus } from '@/http/response/auth-status'
import type { Context } from '@/http/types/context'
import { LATE_CODE_TEXT, ReloginDialog, ReloginPage, type CodeError, type PasskeyFailure } from './views'

export type ReloginContext = Pick<
  Context,
  'deps' | 'request' | 'loginUrl' | 'withNext' | 'reply' | 'factors' | 'isFresh'
> & {
  sessionLookup: SessionLookup
  next?: string
}

export type ReloginFailure = {
  password?: AuthFailure
  code?: CodeError
  passkey?: PasskeyFailure
  /** The session ended before the code arrived. A remembered device may have restored it. */
  isCodeLate?: boolean
}

/** The proofs that the session lacks, in the order of the page. */
export const methodsOf = async ({
  sessionLookup,
  factors,
  isFresh,
}: ReloginContext): Promise<readonly StepUpMethod[]> => stepUpMethods(sessionLookup, await factors(), isFresh)

/** Renders a page, or a dialog for the script of the current page. */
export async function renderRelogin(context: ReloginContext, failed: ReloginFailure = {}) {
  const { password, code, passkey, isCodeLate } = failed
  const { deps, request, sessionLookup, next, loginUrl, withNext, reply } = context
  const methods = await methodsOf(context)
  const { session, user } = sessionLookup
  const props = {
    sessionLookup,
    methods,
    passkey: methods.includes('passkey')
      ? await passkeyRequest(context, 'step-up', stepUpBinding(session), user)
      : undefined,
    next,
    loginUrl: loginUrl(),
    switchUserUrl: withNext('/relogin/switch-user'),
    failure: password,
    codeError: code,
    passkeyFailure: passkey,
    canReset: isMailOn(deps),
  }
  const status = password ? authStatus(password) : codeStatus(code?.failure ?? passkey)
  const message = isCodeLate ? LATE_CODE_TEXT : undefined
  if (isReloginDialog(request))
    return reply.dialog(ReloginDialog({ ...props, message: message ?? reply.takeSecondStepMessage() }), ...status)
  return reply.page(ReloginPage({ ...props, message, isExplained: reply.hasFlash() }), ...status)
}
