import { formatDuration } from '@/lib/duration'
import { maskIdentity } from '@/lib/mask-email'
import { readableEmail } from '@/lib/email-domain'
import { Checkbox } from './choices'
import { CancelButton } from './dialog'
import { FormError } from './form'
import { Html, unescaped } from './html'
import { SecondFactorForms } from './second-factor-form'
import { PasskeyButton, type PasskeyRequest } from './passkey-form'
import { passkeyErrorText, type CodeError, type PasskeyFailure } from './second-factor-text'

export const SECOND_STEP_TITLE = 'Two-step verification'
const ACTION = '/login/second-step'

export type SecondStepProps = {
  email: string
  next?: string
  /** Undefined without a passkey. */
  passkey?: PasskeyRequest
  passkeyFailure?: PasskeyFailure
  hasApps: boolean
  hasRecoveryCodes: boolean
  /** How long a trusted browser skips the second step, in milliseconds. 0: never. */
  trustedFor: number
  isTrustChosen?: boolean
  error?: CodeError
  /** In the dialog above a page whose session is active. */
  canCancel?: boolean
}

/** Shows neither the name nor the whole address: the visitor has only proved a password. */
export const SecondStepUser = ({ email }: Pick<SecondStepProps, 'email'>) => (
  <p>
    Logging in as{' '}
    <strong>
      <bdi safe>{maskIdentity(readableEmail(email))}</bdi>
    </strong>
  </p>
)

type FormsProps = SecondStepProps & { isInDialog?: boolean; extra?: JSX.Element }

export const SecondStepForms = ({ passkey, passkeyFailure, ...props }: FormsProps) => (
  <>
    {passkey === undefined ? '' : <PasskeyStep {...props} passkey={passkey} passkeyFailure={passkeyFailure} />}
    <SecondFactorForms {...props} action={ACTION} isSecondary={passkey && 'options' in passkey}>
      <TrustChoice {...props} />
    </SecondFactorForms>
  </>
)

type PasskeyStepProps = FormsProps & Required<Pick<SecondStepProps, 'passkey'>>

const PasskeyStep = ({ passkey, passkeyFailure: failure, ...props }: PasskeyStepProps) => {
  const hasCodes = props.hasApps || props.hasRecoveryCodes
  const errorId = props.isInDialog ? 'relogin-passkey-error' : 'passkey-error'
  return (
    <>
      <FormError id={errorId} text={failure && passkeyErrorText(failure)} />
      <PasskeyButton
        request={passkey}
        action={`${ACTION}/passkey`}
        submit="Use a passkey"
        field="assertion"
        next={props.next}
        target={props.isInDialog ? '#relogin-form' : undefined}
        mode={props.isInDialog && failure === undefined ? 'dialog' : undefined}
        copies={props.hasApps ? ['trust'] : []}
        isFirst={props.error === undefined}
        isUnknown={failure?.kind === 'failed' && failure.isUnknown}
        errorId={failure && errorId}
        withoutScripts={`Passkeys require JavaScript.${hasCodes ? ' Enter a code instead.' : ''}`}
      >
        {props.hasApps ? '' : <TrustChoice {...props} />}
      </PasskeyButton>
    </>
  )
}

const TrustChoice = ({ trustedFor, isTrustChosen, isInDialog }: FormsProps) =>
  trustedFor === 0 ? (
    ''
  ) : (
    <Checkbox
      label={`Don’t ask again in this browser for ${formatDuration(trustedFor)}`}
      name="trust"
      id={isInDialog ? 'relogin-trust' : 'trust'}
      hint="Only on your own device."
      isChecked={isTrustChosen}
    />
  )

/** Replaces the password in the re-login dialog, so that typed input of the page stays. */
export const SecondStepDialog = (props: SecondStepProps) => {
  const cancel = props.canCancel ? <CancelButton /> : undefined
  return (
    <>
      <h2 id="relogin-title">{Html.escapeHtml(SECOND_STEP_TITLE)}</h2>
      <SecondStepUser email={props.email} />
      <SecondStepForms {...props} isInDialog extra={cancel} />
      {props.hasApps || props.hasRecoveryCodes || cancel === undefined ? (
        ''
      ) : (
        <div class="actions">{unescaped(cancel)}</div>
      )}
    </>
  )
}
