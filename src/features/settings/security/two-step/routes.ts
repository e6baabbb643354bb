import { Elysia, t } from 'elysia'
import { SECURITY_PATH } from '@/lib/security-path'
import { findHindrance, startTwoStep, turnOffTwoStep } from '@/model/accounts/factors/two-step'
import { withNewToken } from '@/http/auth/with-new-token'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { readNext } from '../next'
import { securityPage } from '../security-page'
import { CANNOT_TURN_OFF_TEXT, NO_FACTOR_TEXT } from '../texts'
import { RecoveryHoldPage } from '../views'
import { TurnOffPage } from './views'

const Off = t.Object({ confirmed: textField })

export const twoStepSettings = ({ freshLoginRequired }: Guards) =>
  new Elysia({ prefix: '/two-step' })
    .use(freshLoginRequired)
    .post('/on', async (context) => {
      const { currentUser, session, client, body, withNext, reply } = context
      const next = readNext(context, body)
      const started = await withNewToken(context, (deps) => startTwoStep(deps, currentUser, { session, client }))
      if (started === 'no-factor') return reply.page(await securityPage(context, { error: NO_FACTOR_TEXT }), 409)
      if (started === 'set-up') return reply.redirect(withNext(`${SECURITY_PATH}/recovery-codes`))
      return reply.redirect(next ?? SECURITY_PATH, 'two-step-on')
    })
    .post(
      '/off',
      async (context) => {
        const { deps, currentUser, session, client, body, reply } = context
        const hindrance = await findHindrance(deps, currentUser)
        if (hindrance?.kind === 'held') return reply.page(RecoveryHoldPage(hindrance.hold), 409)
        if (hindrance) return reply.page(await securityPage(context, { error: CANNOT_TURN_OFF_TEXT }), 409)
        if (body.confirmed !== 'yes') return reply.page(TurnOffPage(await context.factors()))
        await withNewToken(context, (deps) => turnOffTwoStep(deps, currentUser, { session, client }))
        return reply.redirect(SECURITY_PATH, 'two-step-off')
      },
      { body: Off },
    )
