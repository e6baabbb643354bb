import { formatDuration } from '@/lib/duration'
import type { ResetLink } from '@/model/accounts/factors/delayed-reset'
import type { ButtonKind } from '@/ui/button'
import { Form, FormError } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { InvalidLinkPage } from '@/ui/invalid-link'
import { FocusedPage } from '@/ui/page-head'

const TITLE = 'Remove two-step verification?'

type ResetFactorsProps = {
  purpose: ResetLink['purpose']
  /** In milliseconds. */
  wait: number
  isUndecided: boolean
}

export const ResetFactorsPage = ({ purpose, wait, isUndecided }: ResetFactorsProps): View => ({
  title: TITLE,
  isFocused: true,
  body: (
    <FocusedPage title={TITLE}>
      <FormError id="action-error" text={isUndecided ? 'Choose one of the buttons.' : undefined} />
      {purpose === 'factor-reset-confirm' ? <Start wait={wait} /> : <Finish />}
    </FocusedPage>
  ),
})

const Start = ({ wait }: { wait: number }) => (
  <>
    <p>
      We’ll wait {Html.escapeHtml(formatDuration(wait))} before we remove it. During that time we’ll email you, and you
      can stop it at any time.
    </p>
    <div class="actions">
      <ActionForm action="start" submit="Start the waiting period" kind="primary" />
      <Cancel />
    </div>
  </>
)

const Finish = () => (
  <>
    <p>
      The waiting period is over. This removes all your verification methods, logs out every session and revokes your
      API tokens. Then you log in with only your password.
    </p>
    <div class="actions">
      <ActionForm action="finish" submit="Remove two-step verification" kind="danger" />
      <Cancel />
    </div>
  </>
)

const Cancel = () => <ActionForm action="cancel" submit="Cancel removal" kind="secondary" />

type ActionProps = { action: 'start' | 'finish' | 'cancel'; submit: string; kind: ButtonKind }

const ActionForm = ({ action, ...form }: ActionProps) => (
  <Form action="/login/reset-factors" {...form}>
    <input type="hidden" name="action" value={action} />
  </Form>
)

export const InvalidResetLinkPage = ({ loginUrl }: { loginUrl: string }) =>
  InvalidLinkPage({ actions: [{ text: 'Log in', href: loginUrl }] })
