import { Elysia, t } from 'elysia'
import { SECURITY_PATH } from '@/lib/security-path'
import type { Deps } from '@/deps/deps'
import { addPasskey } from '@/model/accounts/factors/change-passkeys'
import { registrationBinding } from '@/model/passkeys/challenges'
import { registrationOptions } from '@/model/passkeys/options'
import { canUsePasskeys, listPasskeys } from '@/model/passkeys/passkeys'
import { verifyAttestation } from '@/model/passkeys/verify-attestation'
import type { Session, User } from '@/model/types'
import { validateFactorName } from '@/model/users/factor-name'
import type { Guards } from '@/http/auth/guards'
import { passkeyPlace } from '@/http/auth/passkey-place'
import { withNewToken } from '@/http/auth/with-new-token'
import { textField } from '@/http/request/form-fields'
import { authStatus } from '@/http/response/auth-status'
import { notFound } from '@/http/response/http-errors'
import type { Context } from '@/http/types/context'
import { readNext } from '../next'
import { changePasskeyRoutes } from './change/routes'
import { NewPasskeyPage, type PasskeyRefusal } from './views'

const NewPasskey = t.Object({ attestation: textField, user_handle: textField, name: textField, upgrade: textField })

export const passkeySettings = (guards: Guards) =>
  new Elysia({ prefix: '/passkeys' }).use(addPasskeys(guards.freshLoginRequired)).use(changePasskeyRoutes(guards))

/** The challenge of the page is bound to the session and to the handle of the user. */
const addPasskeys = (freshLoginRequired: Guards['freshLoginRequired']) =>
  new Elysia()
    .use(freshLoginRequired)
    .get('/new', async (context) => {
      const { deps, currentUser } = context
      readNext(context)
      const isFull = (await listPasskeys(deps, currentUser)).length >= deps.config.rowCaps.perUser.passkeys
      return renderForm(context, { refusal: isFull ? { kind: 'full' } : undefined })
    })
    .post(
      '/',
      async (context) => {
        const { deps, client, currentUser, session, body, withNext, reply } = context
        readNext(context, body)
        requirePasskeys(deps)
        const { attestation, user_handle: userHandle, name } = body
        // The user did not ask for this passkey, so the page stays.
        const isInBackground = body.upgrade === 'yes' && reply.canReplace()
        const refuse = (...typed: Refused) => (isInBackground ? reply.noContent() : renderForm(context, ...typed))
        const nameError = name.trim() === '' ? undefined : validateFactorName(name)
        // Before the challenge is used up, so that the same page works with another name.
        if (nameError !== undefined) return refuse({ name, nameError }, 422)
        const binding = registrationBinding(session, userHandle)
        const input = { attestation, purposes: ['register', 'upgrade'], binding, user: currentUser } as const
        const verified = await verifyAttestation(deps, input, client)
        if (verified.kind === 'rate-limited') return refuse({ name, refusal: verified }, ...authStatus(verified))
        if (verified.kind === 'failed') return refuse({ name, refusal: verified }, 422)
        const { passkey, purpose } = verified
        const via = purpose === 'upgrade' ? 'upgrade' : 'settings'
        const added = await withNewToken(context, (deps) =>
          addPasskey(deps, currentUser, { passkey, userHandle, name, via }, { session, client }),
        )
        if (added.kind !== 'added') return refuse({ name, refusal: added }, added.kind === 'failed' ? 422 : 409)
        if (isInBackground) return reply.partial('') // in place of the offer
        return reply.redirect(withNext(SECURITY_PATH), added.standsAlone ? 'passkey-added' : 'security-key-added')
      },
      { body: NewPasskey },
    )

type Refused = [typed: Typed, status: number, headers?: Record<string, string>]

type Typed = { name?: string; nameError?: string; refusal?: PasskeyRefusal }

type FormContext = Pick<Context, 'deps' | 'request' | 'withNext' | 'reply'> & { currentUser: User; session: Session }

async function renderForm(
  { deps, request, currentUser, session, withNext, reply }: FormContext,
  typed: Typed = {},
  ...status: [number?, Record<string, string>?]
) {
  requirePasskeys(deps)
  const { options, userHandle } = await registrationOptions(deps, currentUser, session)
  const asked = passkeyPlace({ deps, request }) === 'here' ? { options } : { url: deps.config.appUrl }
  const max = deps.config.rowCaps.perUser.passkeys
  return reply.page(NewPasskeyPage({ request: asked, userHandle, max, withNext, ...typed }), ...status)
}

function requirePasskeys(deps: Deps) {
  if (!canUsePasskeys(deps)) throw notFound()
}
