import { Elysia, t } from 'elysia'
import { sha256 } from '@/lib/encoding'
import { findReset, type ResetLookup } from '@/model/accounts/reset-password'
import { disownFactors, proveForReset, skipResetStep } from '@/model/accounts/reset-step'
import { verifySecondFactor } from '@/model/accounts/factors/verify-second-factor'
import { canUsePasskeys } from '@/model/passkeys/passkeys'
import { verifyAssertion } from '@/model/passkeys/verify'
import { doNotSave } from '@/http/auth/saved-request'
import { cookiesIn } from '@/http/request/cookies'
import { secondFactorFields, secondFactorIn, textField } from '@/http/request/form-fields'
import { flashOfCode } from '@/http/response/flash'
import { notFound } from '@/http/response/http-errors'
import type { Guards } from '@/http/auth/guards'
import { refuse } from '../refuse'
import { renderStep, type OpenStep, type StepContext } from '../render-step'

const PATH = '/reset-password'

/** A second factor before the new password. No trusted browser skips it, and it starts no trust. */
export const resetStep = ({ anyone }: Guards) =>
  new Elysia({ prefix: '/second-step', ...doNotSave })
    .use(anyone)
    .post(
      '/',
      async (context) => {
        const { deps, client, body, reply } = context
        const { token, reset } = await findStep(context)
        if (reset.kind !== 'second-step') return next(context, reset)
        const { field, proof } = secondFactorIn(body)
        const check = await verifySecondFactor(deps, reset.user, proof, client, 'reset-password')
        if (check.kind !== 'ok') return renderStep(context, reset, { error: { field, failure: check } })
        const used = await proveForReset(deps, reset.user, token, check.use)
        if (used) return reply.redirect(PATH, flashOfCode(used.left))
        return renderStep(context, reset, { error: { field, failure: { kind: 'wrong' } } })
      },
      { body: t.Object(secondFactorFields) },
    )
    .post(
      '/passkey',
      async (context) => {
        const { deps, client, body, reply } = context
        if (!canUsePasskeys(deps)) throw notFound()
        const { token, reset } = await findStep(context)
        if (reset.kind !== 'second-step') return next(context, reset)
        const binding = sha256(token)
        const input = { assertion: body.assertion, purpose: 'reset', binding, user: reset.user } as const
        const check = await verifyAssertion(deps, { ...input, requireUserVerification: false }, client)
        if (check.kind !== 'ok') return renderStep(context, reset, { passkeyFailure: check })
        const isUsed = await proveForReset(
          deps,
          reset.user,
          token,
          async (deps) => (await check.use(deps)) || undefined,
        )
        return isUsed ? reply.redirect(PATH) : renderStep(context, reset, { passkeyFailure: { kind: 'failed' } })
      },
      { body: t.Object({ assertion: textField }) },
    )
    .post(
      '/skip',
      async (context) => {
        const { deps, body, reply } = context
        const { token, reset } = await findStep(context)
        if (reset.kind !== 'second-step') return next(context, reset)
        const isNotOwn = body.factors === 'not-mine'
        const isDone = isNotOwn ? await disownFactors(deps, token, reset.user, reset) : await skipResetStep(deps, token)
        return isDone ? reply.redirect(PATH) : renderStep(context, reset)
      },
      { body: t.Object({ factors: textField }) },
    )

async function findStep(context: StepContext) {
  const token = cookiesIn(context).get('one-time') ?? ''
  return { token, reset: await findReset(context.deps, token) }
}

/** Another request was first, or the link does not work any more. */
const next = (context: StepContext, reset: Exclude<ResetLookup, OpenStep>) =>
  reset.kind === 'open' ? context.reply.redirect(PATH) : refuse(context, reset.kind)
