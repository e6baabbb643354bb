import { Elysia, t } from 'elysia'
import { SECURITY_PATH } from '@/lib/security-path'
import { readableEmail } from '@/lib/email-domain'
import { clockDifference, totpUri } from '@/lib/totp'
import { completeNewApp, confirmNewApp } from '@/model/accounts/factors/change-apps'
import { findTwoStepState } from '@/model/accounts/factors/two-step'
import {
  checkSetupCode,
  createUnconfirmedApp,
  findUnconfirmedApp,
  type SetupCode,
} from '@/model/authenticator-apps/set-up'
import { confirm, consume, refund } from '@/model/limits/rate-limits'
import type { User } from '@/model/types'
import { validateFactorName } from '@/model/users/factor-name'
import { withRecheck } from '@/http/auth/recheck'
import { textField } from '@/http/request/form-fields'
import { authStatus } from '@/http/response/auth-status'
import type { Guards } from '@/http/auth/guards'
import type { Context } from '@/http/types/context'
import { readNext } from '../../next'
import { AppSetupPage, SetupGonePage, StartAppPage, type SetupFailure } from '../views'

const NEW_APP = `${SECURITY_PATH}/app/new`

const FirstCode = t.Object({ app: textField, code: textField, name: textField, next: textField })

/** Steps 1 and 2: the QR code, and the first code. */
export const setupRoutes = ({ freshLoginRequired }: Guards) =>
  new Elysia()
    .use(freshLoginRequired)
    .get('/new', async (context) => {
      readNext(context)
      const app = await findUnconfirmedApp(context.deps, context.currentUser)
      return context.reply.page(app ? await setupPage(context, app) : StartAppPage(startProps(context)))
    })
    .post('/new', async (context) => {
      const { deps, currentUser, session, body, withNext, reply } = context
      readNext(context, body)
      const hit = await consume(deps, 'new-factor', currentUser.id)
      if (hit.kind === 'rate-limited')
        return reply.page(StartAppPage({ ...startProps(context), refused: hit }), ...authStatus(hit))
      await confirm(deps, hit.id)
      const isStarted = await withRecheck(deps, session, 'profile:write', (deps) =>
        createUnconfirmedApp(deps, currentUser),
      )
      if (isStarted) return reply.redirect(withNext(NEW_APP))
      return reply.page(StartAppPage({ ...startProps(context), refused: { kind: 'full' } }), 409)
    })
    .post(
      '/',
      async (context) => {
        const { deps, currentUser, session, client, body, reauthenticate, withNext, reply } = context
        readNext(context, body)
        const nameError = body.name.trim() === '' ? undefined : validateFactorName(body.name)
        const checked = await checkSetupCode(deps, currentUser, body.app, body.code)
        if (checked.kind === 'gone') return reply.page(SetupGonePage({ restart: withNext(NEW_APP) }), 404)
        const retry = async (failure?: SetupFailure) =>
          setupPage(context, { id: body.app, secret: checked.secret }, { name: body.name, failure, nameError })
        if (checked.kind === 'wrong') return reply.page(await retry(toFailure(checked, deps.now())), 422)
        if (nameError) return reply.page(await retry(), 422)
        const hit = await consume(deps, 'new-factor', currentUser.id)
        if (hit.kind === 'rate-limited') return reply.page(await retry(hit), ...authStatus(hit))

        const app = { appId: body.app, step: checked.step, name: body.name }
        // The code also proves the second factor of this session, so that no page asks for another one at once.
        const added = await reauthenticate({
          method: 'totp',
          use: async (deps) => (await confirmNewApp(deps, currentUser, app)) || undefined,
          inSameTransaction: (deps) => completeNewApp(deps, currentUser, body.app, { session, client }),
        })
        await refund(deps, hit.id) // the start of the set-up was counted
        if (added.kind !== 'logged-in') return reply.page(SetupGonePage({ restart: withNext(NEW_APP) }), 404)
        const isOn = (await findTwoStepState(deps, currentUser)).enabledAt !== null
        return isOn
          ? reply.redirect(withNext(SECURITY_PATH), 'app-added')
          : reply.redirect(withNext(`${SECURITY_PATH}/recovery-codes`))
      },
      { body: FirstCode },
    )

type PageContext = Pick<Context, 'deps' | 'withNext'> & { currentUser: User }

const startProps = ({ deps, withNext }: PageContext) => ({
  action: withNext(NEW_APP),
  back: withNext(SECURITY_PATH),
  max: deps.config.rowCaps.perUser.authenticatorApps,
})

type Tried = { name: string; failure?: SetupFailure; nameError?: string }

async function setupPage(
  { deps, currentUser, withNext }: PageContext,
  app: { id: string; secret: string },
  tried?: Tried,
) {
  const uri = totpUri(app.secret, deps.config.branding.name, readableEmail(currentUser.email))
  return AppSetupPage({
    setup: { ...app, uri },
    hasThirdStep: (await findTwoStepState(deps, currentUser)).enabledAt === null,
    action: withNext(`${SECURITY_PATH}/app`),
    restart: withNext(NEW_APP),
    back: withNext(SECURITY_PATH),
    ...tried,
  })
}

/** The hint about the clock is safe here only: this user knows the secret. */
const toFailure = ({ step }: Extract<SetupCode, { kind: 'wrong' }>, now: number): SetupFailure => ({
  kind: 'wrong',
  clockDifference: step === undefined ? undefined : clockDifference(step, now),
})
