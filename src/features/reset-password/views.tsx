import { formatDuration } from '@/lib/duration'
import type { User } from '@/model/types'
import { Contact, type Contacts } from '@/ui/contact'
import { NewPassword, ReadonlyEmail } from '@/ui/account-fields'
import { Form, FormError } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { InvalidLinkPage } from '@/ui/invalid-link'
import { FocusedPage } from '@/ui/page-head'
import { PasskeyButton, type PasskeyRequest } from '@/ui/passkey-form'
import { SecondFactorForms } from '@/ui/second-factor-form'
import { passkeyErrorText, type CodeError, type PasskeyFailure } from '@/ui/second-factor-text'

export type { CodeError, PasskeyFailure }

type ResetProps = { user: User; minLength: number; error?: string }

export const ResetPasswordPage = ({ user, minLength, error }: ResetProps): View => ({
  title: 'Choose a new password',
  isFocused: true,
  body: (
    <FocusedPage title="Choose a new password">
      <p>This logs out all your sessions and revokes your API tokens.</p>
      <Form action="/reset-password" submit="Change password">
        <ReadonlyEmail email={user.email} />
        <NewPassword label="New password" name="new_password" minLength={minLength} error={error} autofocus />
      </Form>
    </FocusedPage>
  ),
})

type ResetStepProps = {
  /** Undefined without a passkey. */
  passkey?: PasskeyRequest
  passkeyFailure?: PasskeyFailure
  hasApps: boolean
  hasRecoveryCodes: boolean
  error?: CodeError
  /** Whether all second factors are newer than what the user reported. */
  canDisown: boolean
  /** The waiting period of a delayed reset, in milliseconds. */
  wait: number
}

const STEP = '/reset-password/second-step'

/** Shows no address: the reader may have only an old link. */
export const ResetStepPage = ({ passkey, passkeyFailure, canDisown, wait, ...codes }: ResetStepProps): View => ({
  title: 'Two-step verification',
  isFocused: true,
  body: (
    <FocusedPage title="Two-step verification">
      <p>Your account has two-step verification. Confirm that it’s you, then choose a new password.</p>
      {passkey === undefined ? '' : <ResetPasskey {...codes} passkey={passkey} passkeyFailure={passkeyFailure} />}
      <SecondFactorForms {...codes} action={STEP} isSecondary={passkey !== undefined && 'options' in passkey} />
      {canDisown ? <Disown wait={wait} /> : ''}
      <Form action={`${STEP}/skip`} submit="I can’t use any of these" kind="link" />
    </FocusedPage>
  ),
})

type ResetPasskeyProps = Pick<ResetStepProps, 'hasApps' | 'hasRecoveryCodes' | 'error' | 'passkeyFailure'> & {
  passkey: PasskeyRequest
}

const ResetPasskey = ({ passkey, passkeyFailure: failure, hasApps, hasRecoveryCodes, error }: ResetPasskeyProps) => (
  <>
    <FormError id="passkey-error" text={failure && passkeyErrorText(failure)} />
    <PasskeyButton
      request={passkey}
      action={`${STEP}/passkey`}
      submit="Use a passkey"
      field="assertion"
      isFirst={error === undefined}
      isUnknown={failure?.kind === 'failed' && failure.isUnknown}
      errorId={failure && 'passkey-error'}
      withoutScripts={`Passkeys require JavaScript.${hasApps || hasRecoveryCodes ? ' Enter a code instead.' : ''}`}
    />
  </>
)

const Disown = ({ wait }: Pick<ResetStepProps, 'wait'>) => (
  <Form action={`${STEP}/skip`} submit="I didn’t add this" kind="secondary">
    <input type="hidden" name="factors" value="not-mine" />
    <p>
      Two-step verification was set up after what you reported. If this wasn’t you, we remove it after{' '}
      {Html.escapeHtml(formatDuration(wait))}.
    </p>
  </Form>
)

export const InvalidResetPage = () =>
  InvalidLinkPage({ actions: [{ text: 'Send a new link', href: '/forgot-password' }] })

export const DeactivatedPage = (contacts: Contacts): View => ({
  title: 'Account deactivated',
  isFocused: true,
  body: (
    <FocusedPage title="Account deactivated">
      <p>
        An administrator deactivated this account.
        <Contact {...contacts} />
      </p>
    </FocusedPage>
  ),
})
