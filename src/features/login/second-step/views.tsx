import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { FocusedPage } from '@/ui/page-head'
import { SECOND_STEP_TITLE, SecondStepForms, SecondStepUser, type SecondStepProps } from '@/ui/second-step'

export { SecondStepDialog } from '@/ui/second-step'
export type { CodeError } from '@/ui/second-factor-text'
export type { SecondStepProps }

type PageProps = SecondStepProps & {
  lostUrl: string
  /** The waiting period of a delayed reset is over. */
  isResetDue: boolean
  /** The account is scheduled for deletion until this login is complete. */
  keepsAccount: boolean
}

export const SecondStepPage = ({ lostUrl, isResetDue, keepsAccount, ...props }: PageProps): View => ({
  title: SECOND_STEP_TITLE,
  isFocused: true,
  body: (
    <FocusedPage title={SECOND_STEP_TITLE}>
      <SecondStepUser email={props.email} />
      {keepsAccount ? <p>Complete this step to keep your account.</p> : ''}
      {isResetDue ? <ResetDue {...props} /> : <SecondStepForms {...props} />}
      {isResetDue ? (
        ''
      ) : (
        <p>
          <a href={Html.escapeHtml(lostUrl)}>I can’t use any of these</a>
        </p>
      )}
      <Form action="/login/second-step/stop" submit="Start over" kind="link" next={props.next} />
      <p class="small muted">You have 5 minutes to complete this step.</p>
    </FocusedPage>
  ),
})

/** The owner can still stop a reset of an attacker: a login with a second factor cancels it. */
const ResetDue = (props: SecondStepProps) => (
  <>
    <p>The waiting period is over. We’ve emailed you a link to finish.</p>
    <details open={props.error !== undefined || props.passkeyFailure !== undefined}>
      <summary>Keep two-step verification</summary>
      <div class="stack">
        <p>Log in with your second step to cancel the removal.</p>
        <SecondStepForms {...props} />
      </div>
    </details>
  </>
)
