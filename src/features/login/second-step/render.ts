import { isResetDue } from '@/model/accounts/factors/delayed-reset'
import { secondStepProps, type SecondStepContext, type SecondStepState } from '@/http/auth/second-step-props'
import { isReloginDialog } from '@/http/request/client'
import { SECOND_STEP_PATH } from '@/http/request/path'
import { codeStatus } from '@/http/response/auth-status'
import type { Context } from '@/http/types/context'
import { SecondStepDialog, SecondStepPage } from './views'

type PageContext = SecondStepContext & Pick<Context, 'withNext' | 'reply'>

/** A page, or the content of the re-login dialog. */
export async function renderSecondStep(context: PageContext, state: SecondStepState = {}) {
  const { deps, request, pending, withNext, reply } = context
  const props = await secondStepProps(context, state)
  const status = codeStatus(state.error?.failure ?? state.passkeyFailure)
  if (isReloginDialog(request)) return reply.dialog(SecondStepDialog(props), ...status)
  const lost = { lostUrl: withNext(`${SECOND_STEP_PATH}/lost`), isResetDue: await isResetDue(deps, pending.user) }
  const keepsAccount = pending.keeps_account === 1
  return reply.page(SecondStepPage({ ...props, ...lost, keepsAccount }), ...status)
}
