import { readableEmail } from '@/lib/email-domain'
import { quantity } from '@/lib/quantity'
import type { MailKind } from '@/model/mails/mail-data'
import type { ReportedEvent } from '@/model/one-time-tokens/one-time-tokens'
import type { RateLimited } from '@/model/types'
import { LinkButton } from '@/ui/button'
import { Fact, Facts } from '@/ui/card'
import { Contact, hasContact, type Contacts } from '@/ui/contact'
import { Field } from '@/ui/field'
import { Form, FormError } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { InvalidLinkPage } from '@/ui/invalid-link'
import { dateUtc, LocalTime } from '@/ui/local-time'
import { loginErrorText } from '@/ui/login-error-text'
import { mailKindText } from '@/ui/mail-kind-text'
import { FocusedPage } from '@/ui/page-head'

type SecureAccountProps = {
  user: { deactivated_at: number | null }
  event?: ReportedEvent
  change?: { old_email: string; changed_at: number }
  attemptsLeft?: number
  limited?: RateLimited
  kind: 'open' | 'wrong' | 'limited'
  contacts: Contacts
}

const TITLE = 'Secure your account'

/** Never shows the current address: after a change of it, the reader may have only the old mailbox. */
export const SecureAccountPage = ({
  user,
  event,
  change,
  limited,
  contacts,
  ...attempt
}: SecureAccountProps): View => ({
  title: TITLE,
  isFocused: true,
  body: (
    <FocusedPage title={TITLE}>
      {user.deactivated_at === null ? (
        <p>
          We’ll log out every session, revoke every API token, forget every device and disable your password. Then you
          choose a new password.
        </p>
      ) : (
        <p>This account is deactivated. Securing it ends all access but does not reactivate it.</p>
      )}
      {event === undefined ? '' : <EventFacts {...event} />}
      <Form
        action="/secure-account"
        submit="Secure my account"
        extra={<LinkButton href="/" text="Cancel, this was me" kind="secondary" />}
      >
        <FormError id="secure-account-error" text={limited && loginErrorText(limited)} />
        {change === undefined ? '' : <EarlierPassword {...change} {...attempt} contacts={contacts} />}
      </Form>
    </FocusedPage>
  ),
})

type EarlierPasswordProps = { old_email: string; changed_at: number } & Pick<
  SecureAccountProps,
  'attemptsLeft' | 'kind' | 'contacts'
>

const EarlierPassword = ({ old_email, changed_at, attemptsLeft, kind, contacts }: EarlierPasswordProps) => (
  <>
    <p>
      We’ll also restore{' '}
      <strong>
        <bdi safe>{readableEmail(old_email)}</bdi>
      </strong>
      .
    </p>
    <Field
      label={`A password you used for this account before ${dateUtc(changed_at)}`}
      name="password"
      type="password"
      autocomplete="current-password"
      error={kind === 'wrong' ? wrongText(attemptsLeft) : undefined}
      autofocus
    />
    {hasContact(contacts) ? (
      <p class="small">
        Don’t remember one?
        <Contact {...contacts} />
      </p>
    ) : (
      ''
    )}
  </>
)

const wrongText = (attemptsLeft?: number) =>
  attemptsLeft === undefined
    ? 'Enter a password.'
    : `That isn’t a password you used before. ${quantity(attemptsLeft, 'attempt')} left.`

const eventText: { [K in MailKind]?: string } = {
  'remember-token-reused': 'Remembered login used twice',
  'email-changed-old': 'Email address changed',
  'email-change-requested': 'Change of the email address requested',
  'notification-muted': 'New-login emails turned off',
  'deletion-reminder': 'Deletion requested',
}

const EventFacts = ({ kind, at, browser, ip }: ReportedEvent) => (
  <Facts>
    <Fact label="What happened">{Html.escapeHtml(eventText[kind] ?? mailKindText[kind])}</Fact>
    <Fact label="When">
      <LocalTime at={at} show="exact" />
    </Fact>
    {browser === undefined ? '' : <Fact label="Browser">{Html.escapeHtml(browser)}</Fact>}
    {ip === undefined ? '' : <Fact label="IP address">{Html.escapeHtml(ip)}</Fact>}
  </Facts>
)

/** After securing a deactivated account. */
export const AccessEndedPage = (): View => ({
  title: 'Account secured',
  isFocused: true,
  body: (
    <FocusedPage title="Account secured">
      <p>All access has ended. The account stays deactivated.</p>
    </FocusedPage>
  ),
})

export const InvalidSecuringPage = ({ loginUrl }: { loginUrl: string }) =>
  InvalidLinkPage({
    actions: [
      { text: 'Reset your password', href: '/forgot-password' },
      { text: 'Log in', href: loginUrl },
    ],
  })
