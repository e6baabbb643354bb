import type { Registration } from '@/model/passkeys/options'
import type { RateLimited } from '@/model/types'
import { LinkButton } from '@/ui/button'
import { Card } from '@/ui/card'
import { Field } from '@/ui/field'
import { FormError } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { loginErrorText, PASSKEY_FAILED_TEXT, PASSKEY_TAKEN_TEXT } from '@/ui/login-error-text'
import { PageHead } from '@/ui/page-head'
import { PasskeyButton, type PasskeyRequest } from '@/ui/passkey-form'

const TITLE = 'Add a passkey'

/** Why a passkey was not added. */
export type PasskeyRefusal = RateLimited | { kind: 'failed' } | { kind: 'taken' } | { kind: 'full' }

type NewPasskeyProps = Pick<Registration, 'userHandle'> & {
  request: PasskeyRequest
  /** How many passkeys a user may have. */
  max: number
  /** Adds the page that the user comes from to a path. */
  withNext: (path: string) => string
  name?: string
  nameError?: string
  refusal?: PasskeyRefusal
}

function refusalText(refusal: PasskeyRefusal, max: number) {
  if (refusal.kind === 'rate-limited') return loginErrorText(refusal)
  if (refusal.kind === 'taken') return PASSKEY_TAKEN_TEXT
  if (refusal.kind === 'full') return `You have ${max} passkeys, the maximum. Remove one first.`
  return PASSKEY_FAILED_TEXT
}

export const NewPasskeyPage = ({
  request,
  userHandle,
  max,
  withNext,
  name,
  nameError,
  refusal,
}: NewPasskeyProps): View => ({
  title: TITLE,
  body: (
    <>
      <PageHead
        title={TITLE}
        lead={<>Log in with your fingerprint, face or PIN. Your browser asks you where to save the passkey.</>}
      />
      <Card>
        <FormError id="passkey-error" text={refusal && refusalText(refusal, max)} />
        <PasskeyButton
          action={withNext('/settings/security/passkeys')}
          submit={TITLE}
          field="attestation"
          request={request}
          isFirst={nameError === undefined}
          errorId={refusal && 'passkey-error'}
          // The browser has stored a passkey that was not added.
          isUnknown={nameError !== undefined || (refusal !== undefined && refusal.kind !== 'taken')}
          withoutScripts="Passkeys require JavaScript."
        >
          <input type="hidden" name="user_handle" value={Html.escapeHtml(userHandle)} />
          <Field
            label="Name"
            name="name"
            isOptional
            hint="For example the device that keeps it."
            value={name}
            error={nameError}
            autofocus={nameError !== undefined}
          />
        </PasskeyButton>
        <div class="actions">
          <LinkButton href={withNext('/settings/security')} text="Cancel" kind="secondary" />
        </div>
      </Card>
    </>
  ),
})
