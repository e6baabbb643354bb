import { sha256 } from '@/lib/encoding'
import type { ResetLookup } from '@/model/accounts/reset-password'
import { canDisown } from '@/model/accounts/reset-step'
import { listApps } from '@/model/authenticator-apps/authenticator-apps'
import { countRecoveryCodes } from '@/model/recovery-codes/recovery-codes'
import { passkeyRequest } from '@/http/auth/passkey-place'
import { cookiesIn } from '@/http/request/cookies'
import { codeStatus } from '@/http/response/auth-status'
import type { Context } from '@/http/types/context'
import { ResetStepPage, type CodeError, type PasskeyFailure } from './views'

export type StepContext = Pick<Context, 'deps' | 'request' | 'internal' | 'reply'>
export type OpenStep = Extract<ResetLookup, { kind: 'second-step' }>

type StepState = { error?: CodeError; passkeyFailure?: PasskeyFailure }

export async function renderStep(context: StepContext, { user, event }: OpenStep, state: StepState = {}, status = 200) {
  const { deps, reply } = context
  const binding = sha256(cookiesIn(context).get('one-time') ?? '')
  const page = ResetStepPage({
    passkey: await passkeyRequest(context, 'reset', binding, user),
    hasApps: (await listApps(deps, user)).length > 0,
    hasRecoveryCodes: (await countRecoveryCodes(deps, user)) > 0,
    canDisown: await canDisown(deps, user, { event }),
    wait: deps.config.factorReset,
    ...state,
  })
  const failure = state.error?.failure ?? state.passkeyFailure
  return failure ? reply.page(page, ...codeStatus(failure)) : reply.page(page, status)
}
