import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { FocusedPage } from '@/ui/page-head'
import { SECOND_STEP_TITLE, SecondStepForms, SecondStepUser, type SecondStepProps } from '@/ui/second-step'

export { SecondStepDialog } from '@/ui/second-step'
export type { CodeError } from '@/ui/second-factor-text'
export type { SecondStepProps }

type PageProps = SecondStepProps & { lostUrl: string }

export const SecondStepPage = ({ lostUrl, ...props }: PageProps): View => ({
  title: SECOND_STEP_TITLE,
  isFocused: true,
  body: (
    <FocusedPage title={SECOND_STEP_TITLE}>
      <SecondStepUser email={props.email} />
      <SecondStepForms {...props} />
      <p class="small">
        <a href={Html.escapeHtml(lostUrl)}>I can’t use any of these</a>
      </p>
      <Form action="/login/second-step/stop" submit="Start over" kind="link" next={props.next} />
      <p class="small muted">You have 5 minutes to complete this step.</p>
    </FocusedPage>
  ),
})
