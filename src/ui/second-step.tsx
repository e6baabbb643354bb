import { formatDuration } from '@/lib/duration'
import { maskIdentity } from '@/lib/mask-email'
import { readableEmail } from '@/lib/email-domain'
import { Checkbox } from './choices'
import { Html } from './html'
import { SecondFactorForms } from './second-factor-form'
import type { CodeError } from './second-factor-text'

export const SECOND_STEP_TITLE = 'Two-step verification'
const ACTION = '/login/second-step'

export type SecondStepProps = {
  email: string
  next?: string
  hasApps: boolean
  hasRecoveryCodes: boolean
  /** How long a trusted browser skips the second step, in milliseconds. 0: never. */
  trustedFor: number
  isTrustChosen?: boolean
  error?: CodeError
  canReset: boolean
  canOpenReset?: boolean
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

export const SecondStepForms = ({
  trustedFor,
  isTrustChosen,
  isInDialog,
  ...props
}: SecondStepProps & { isInDialog?: boolean }) => (
  <SecondFactorForms {...props} action={ACTION} isInDialog={isInDialog}>
    {trustedFor === 0 ? (
      ''
    ) : (
      <Checkbox
        label={`Don’t ask again in this browser for ${formatDuration(trustedFor)}`}
        name="trust"
        id={isInDialog ? 'relogin-trust' : 'trust'}
        hint="Only on your own device."
        isChecked={isTrustChosen}
      />
    )}
  </SecondFactorForms>
)

/** Replaces the password in the re-login dialog, so that typed input of the page stays. */
export const SecondStepDialog = (props: SecondStepProps) => (
  <>
    <h2 id="relogin-title">{Html.escapeHtml(SECOND_STEP_TITLE)}</h2>
    <SecondStepUser email={props.email} />
    <SecondStepForms {...props} isInDialog />
  </>
)
