import { t } from 'elysia'
import type { FactorRemoval, RemovedFactor } from '@/model/accounts/factors/two-step'
import { textField } from '@/http/request/form-fields'
import { notFound } from '@/http/response/http-errors'
import type { Context } from '@/http/types/context'
import { RemovalPage } from './removal'
import { securityPage, type SecurityPageContext } from './security-page'
import { ONLY_WAY_TEXT, REQUIRED_FACTOR_TEXT } from './texts'
import { RecoveryHoldPage } from './views'

export const RemovalFields = t.Object({ confirmed: textField, everywhere: textField })

type RemovalContext = SecurityPageContext & Pick<Context, 'client'> & { body: typeof RemovalFields.static }

export const removalOf = ({ session, client, body }: RemovalContext): FactorRemoval => ({
  session,
  client,
  isConfirmed: body.confirmed === 'yes',
  everywhere: body.everywhere === 'yes',
})

type RemovalForm = { noun: 'passkey' | 'authenticator app'; action: string }

/** The factor was not removed, or the user must confirm first that this turns two-step verification off. */
export async function respondNotRemoved(
  context: RemovalContext,
  refused: Exclude<RemovedFactor, { kind: 'removed' }>,
  form: RemovalForm,
) {
  const { body, reply } = context
  switch (refused.kind) {
    case 'not-found':
      throw notFound()
    case 'held':
      return reply.page(RecoveryHoldPage(refused.hold), 409)
    case 'only-way':
      return reply.page(await securityPage(context, { error: ONLY_WAY_TEXT }), 409)
    case 'required':
      return reply.page(await securityPage(context, { error: REQUIRED_FACTOR_TEXT }), 409)
    case 'turns-off':
      return reply.page(
        RemovalPage({
          ...form,
          ...(await context.factors()),
          name: refused.name,
          everywhere: body.everywhere === 'yes',
        }),
      )
  }
}
