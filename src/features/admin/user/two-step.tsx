import { quantity } from '@/lib/quantity'
import type { User } from '@/model/types'
import { LinkButton } from '@/ui/button'
import { Confirmation } from '@/ui/confirmation'
import { Html, type View } from '@/ui/html'
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

export const ConfirmTwoStepReset = ({ account, path }: { account: User; path: string }): View =>
  Confirmation({
    title: `Reset two-step verification of ${account.name}?`,
    heading: (
      <>
        Reset two-step verification of <bdi safe>{account.name}</bdi>?
      </>
    ),
    text: `${account.name} will be able to log in with only a password until they set it up again. Check that it is really them, for example by phone. Don’t rely on an email.`,
    action: `${path}/reset-two-step`,
    submit: 'Reset two-step verification',
    back: path,
  })

export const OwnTwoStepPage = ({ path }: { path: string }): View => ({
  title: 'Not for your own account',
  isFocused: true,
  body: (
    <FocusedPage title="Not for your own account">
      <p>Ask another administrator to reset your two-step verification.</p>
      <div class="actions">
        <LinkButton href={path} text="Back" kind="secondary" closesDialog />
      </div>
    </FocusedPage>
  ),
})
