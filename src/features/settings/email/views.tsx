import { readableEmail } from '@/lib/email-domain'
import type { EmailState } from '@/model/accounts/verify-email'
import type { RateLimited, User } from '@/model/types'
import { Card, Fact, Facts } from '@/ui/card'
import { emailStateText, emailWarningOf, isDeclined } from '@/ui/email-state'
import { CodeField, WRONG_CODE_TEXT } from '@/ui/account-fields'
import { Field } from '@/ui/field'
import { Form, FormError } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { loginErrorText, mailLimitText } from '@/ui/login-error-text'
import { Message } from '@/ui/message'
import { PageHead, Section, Sections } from '@/ui/page-head'

export { CodeExhaustedPage } from '@/ui/code-exhausted'
export { EmailUnavailablePage } from '@/ui/email-unavailable'
export { RecoveryHoldPage } from '@/ui/recovery-hold'

export type EmailErrors = {
  /** The requested address after an error. */
  typed?: string
  /** About this address. */
  email?: string
  /** Too many changes. */
  limited?: RateLimited
  code?: { kind: 'wrong' } | RateLimited
  /** Too many mails. */
  send?: RateLimited
}

type EmailProps = EmailErrors & {
  user: User
  state: EmailState
  pending?: { new_email: string }
  isVerificationOn: boolean
  /** Whether this browser has asked for a mail, so that the code of one can be typed. */
  hasFlow: boolean
}

export const EmailPage = (props: EmailProps): View => ({
  title: 'Email address',
  body: (
    <>
      <PageHead title="Email address" />
      <Sections>
        <Section title="Your address">
          <Card>
            <CurrentAddress {...props} />
          </Card>
        </Section>
        {props.pending === undefined ? '' : <PendingChange {...props} newEmail={props.pending.new_email} />}
        <Section title="Change your address">
          <NewAddress {...props} />
        </Section>
      </Sections>
    </>
  ),
})

const CurrentAddress = (props: EmailProps) => {
  const { user, state, pending, isVerificationOn } = props
  const warning = emailWarningOf(state)
  return (
    <>
      <Facts>
        <Fact label="Email">
          <bdi safe>{readableEmail(user.email)}</bdi>
        </Fact>
        {isVerificationOn ? (
          <Fact label="State">
            <>{emailStateText(state)}</>
          </Fact>
        ) : (
          ''
        )}
      </Facts>
      {warning === undefined ? '' : <Message text={warning} tone="warning" />}
      {isVerificationOn && state.email_verified_at === null && pending === undefined && !isDeclined(state) ? (
        <Verification {...props} />
      ) : (
        ''
      )}
    </>
  )
}

const Verification = (props: EmailProps) =>
  props.hasFlow ? (
    <>
      <p>We sent you an email. Enter the code from it here, or use the link in it.</p>
      <CodeForm {...props} />
      <SendForm text="Send it again" {...props} />
    </>
  ) : (
    <>
      <p>We can send you an email with a code and a link.</p>
      <SendForm text="Send confirmation email" {...props} />
    </>
  )

const PendingChange = (props: EmailProps & { newEmail: string }) => (
  <Section title="New address">
    <Card>
      <p>
        Waiting for you to confirm <bdi safe>{readableEmail(props.newEmail)}</bdi>.
      </p>
      <CodeForm {...props} />
      <div class="actions">
        <SendForm text="Send it again" {...props} />
        <Form action="/settings/email/cancel" submit="Cancel the change" kind="secondary" />
      </div>
    </Card>
  </Section>
)

const CodeForm = ({ code }: EmailErrors) => (
  <Form action="/settings/email/code" submit="Confirm">
    <CodeField error={code && codeErrorText(code)} autofocus={code !== undefined} />
  </Form>
)

const codeErrorText = (error: NonNullable<EmailErrors['code']>) =>
  error.kind === 'wrong' ? WRONG_CODE_TEXT : loginErrorText(error)

const SendForm = ({ text, send }: Pick<EmailProps, 'send'> & { text: string }) => (
  <Form action="/settings/email/send" submit={text} kind="secondary">
    <FormError id="send-error" text={send && mailLimitText(send)} />
  </Form>
)

const NewAddress = ({ typed, email, limited, pending }: EmailProps) => (
  <Form action="/settings/email" submit="Change address" kind={pending === undefined ? 'primary' : 'secondary'} isCard>
    <FormError id="change-error" text={limited && mailLimitText(limited)} />
    <Field
      label="New email address"
      name="email"
      type="email"
      autocomplete="email"
      value={typed}
      error={email}
      autofocus={email !== undefined}
    />
  </Form>
)
