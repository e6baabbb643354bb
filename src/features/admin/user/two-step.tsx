import { quantity } from '@/lib/quantity'
import type { User } from '@/model/types'
import { LinkButton } from '@/ui/button'
import { Confirmation } from '@/ui/confirmation'
import { Html, unescaped, type View } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'
import { FocusedPage } from '@/ui/page-head'
import type { UserProps } from './user-props'

type Props = Pick<UserProps, 'account' | 'factors'>

/** `on since Mar 3, 2030, 2 passkeys, 7 recovery codes left`. */
export const TwoStepFact = ({ account: { two_step_enabled_at: since }, factors }: Props) => (
  <>
    {since === null ? (
      'off'
    ) : (
      <>
        on since <LocalTime at={since} show="date" />
      </>
    )}
    {Html.escapeHtml(listOf(factors))}
  </>
)

const listOf = ({ passkeys, securityKeys, apps, codesLeft }: UserProps['factors']) =>
  [
    [passkeys + securityKeys, 'passkey', ''] as const,
    [apps, 'authenticator app', ''] as const,
    [codesLeft, 'recovery code', ' left'] as const,
  ]
    .filter(([count]) => count > 0)
    .map(([count, noun, after]) => `, ${quantity(count, noun)}${after}`)
    .join('')

/** Whether there is anything to reset. */
export const hasFactors = ({ account, factors: { passkeys, securityKeys, apps, codesLeft } }: Props) =>
  account.two_step_enabled_at !== null || passkeys + securityKeys + apps + codesLeft > 0

type ResetProps = { account: User; path: string }

const CHECK_TEXT = 'Check that it is really them, for example by phone. Don’t rely on an email.'

export const ConfirmTwoStepReset = ({ account, path, hasPassword }: ResetProps & { hasPassword: boolean }): View =>
  Confirmation({
    title: `Reset two-step verification of ${account.name}?`,
    heading: (
      <>
        Reset two-step verification of <bdi safe>{account.name}</bdi>?
      </>
    ),
    text: hasPassword
      ? `${account.name} will be able to log in with only a password until they set it up again. ${CHECK_TEXT}`
      : `${account.name} has no password and can log in only after they choose one with a link from an email. ${CHECK_TEXT}`,
    action: `${path}/reset-two-step`,
    submit: 'Reset two-step verification',
    back: path,
  })

export const OwnTwoStepPage = ({ path }: Pick<ResetProps, 'path'>): View =>
  RefusedPage('Not for your own account', path, <p>Ask another administrator to reset your two-step verification.</p>)

/** Without a password and without mail, the factors are the only way to log in. */
export const LockOutPage = ({ account, path }: ResetProps): View =>
  RefusedPage(
    'Set a password first',
    path,
    <>
      <p>
        <bdi safe>{account.name}</bdi> has no password, and this site sends no email. After the reset they could not log
        in.
      </p>
      <p>
        Run <code>bun run user reset-password EMAIL</code> on the server, with the email address of the account. Then
        reset two-step verification.
      </p>
    </>,
  )

const RefusedPage = (title: string, path: string, text: JSX.Element): View => ({
  title,
  isFocused: true,
  body: (
    <FocusedPage title={title}>
      {unescaped(text)}
      <div class="actions">
        <LinkButton href={path} text="Back" kind="secondary" closesDialog />
      </div>
    </FocusedPage>
  ),
})
