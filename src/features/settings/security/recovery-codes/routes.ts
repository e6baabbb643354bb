import { Elysia, t } from 'elysia'
import { SECURITY_PATH } from '@/lib/security-path'
import { CODES_PER_SET, formatRecoveryCode, readRecoveryCode } from '@/lib/recovery-code-format'
import { activateRecoveryCodes, findTwoStepState } from '@/model/accounts/factors/two-step'
import { addRecoveryCodes, createRecoveryCodes, findRecoveryCodes } from '@/model/recovery-codes/recovery-codes'
import { secondFactorCount } from '@/model/factors/step-up'
import type { User } from '@/model/types'
import { withNewToken } from '@/http/auth/with-new-token'
import { withRecheck } from '@/http/auth/recheck'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import type { Context } from '@/http/types/context'
import { readNext } from '../next'
import { CodesGonePage, NewCodesPage, RecoveryCodesPage } from './views'

const RECOVERY_CODES = `${SECURITY_PATH}/recovery-codes`
const NOT_SAVED_TEXT = 'Save the codes first. Then check this box.'

const Saved = t.Object({ saved: textField, set: textField, codes: textField })

/** Step 3 of the set-up, and new codes later. */
export const recoveryCodeSettings = ({ freshLoginRequired }: Guards) =>
  new Elysia({ prefix: '/recovery-codes' })
    .use(freshLoginRequired)
    .get('/', async (context) => {
      readNext(context)
      return context.reply.page(await startPage(context))
    })
    .post('/', async (context) => {
      const { deps, currentUser, session, client, factors, body, reply } = context
      readNext(context, body)
      if (secondFactorCount(await factors()) === 0) return reply.page(await startPage(context), 409)
      const set = await createRecoveryCodes(deps, client.source)
      await withRecheck(deps, session, 'profile:write', (deps) => addRecoveryCodes(deps, currentUser, set))
      return reply.page(await newCodesPage(context, set.setId, set.codes))
    })
    .post(
      '/saved',
      async (context) => {
        const { currentUser, session, client, body, withNext, reply } = context
        const next = readNext(context, body)
        if (body.saved !== 'yes')
          return reply.page(await newCodesPage(context, body.set, readCodes(body.codes), NOT_SAVED_TEXT), 422)
        const change = { session, client, setId: body.set || undefined }
        const saved = await withNewToken(context, (deps) => activateRecoveryCodes(deps, currentUser, change))
        if (saved === 'gone') return reply.page(CodesGonePage({ restart: withNext(RECOVERY_CODES) }), 404)
        return reply.redirect(next ?? SECURITY_PATH, saved === 'turned-on' ? 'two-step-on' : 'recovery-codes-saved')
      },
      { body: Saved },
    )

type PageContext = Pick<Context, 'deps' | 'factors' | 'withNext'> & { currentUser: User }

async function startPage(context: PageContext) {
  const { deps, currentUser, factors, withNext } = context
  return RecoveryCodesPage({
    codes: await findRecoveryCodes(deps, currentUser),
    ...(await readSetup(context)),
    hasFactor: secondFactorCount(await factors()) > 0,
    paths: {
      create: withNext(RECOVERY_CODES),
      keep: withNext(`${SECURITY_PATH}/two-step/on`),
      back: withNext(SECURITY_PATH),
    },
  })
}

async function readSetup({ deps, currentUser, factors }: PageContext) {
  const { enabledAt, setupAt } = await findTwoStepState(deps, currentUser)
  const isSetup = enabledAt === null && setupAt !== null
  return { isSetup, isThirdStep: isSetup && (await factors()).apps > 0 }
}

const newCodesPage = async (context: PageContext, setId: string, codes: string[], error?: string) =>
  NewCodesPage({
    codes: codes.map(formatRecoveryCode),
    setId,
    isThirdStep: (await readSetup(context)).isThirdStep,
    action: context.withNext(`${RECOVERY_CODES}/saved`),
    siteName: context.deps.config.branding.name,
    error,
  })

/** The form sends the codes back, because only their hashes are stored: a page with an error shows them again. */
const readCodes = (text: string) =>
  text
    .split(' ')
    .slice(0, CODES_PER_SET)
    .flatMap((code) => readRecoveryCode(code) ?? [])
