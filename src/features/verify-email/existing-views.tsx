import { readableEmail } from '@/lib/email-domain'
import type { AddressLink } from '@/model/accounts/verify-email'
import type { AuthFailure } from '@/model/types'
import { Field } from '@/ui/field'
import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { LoginError } from '@/ui/login-error'
import { FocusedPage } from '@/ui/page-head'

export { EmailUnavailablePage } from '@/ui/email-unavailable'

const TITLE = 'Confirm your email address'

type LinkProps = Pick<AddressLink, 'purpose' | 'email'> & { failure?: AuthFailure }

/**
 * For a browser without a session of the account. The page never shows the present address of an account: the new one may be a
 * mistyped address, whose owner reads this.
 */
export const AddressLinkPage = ({ purpose, email, failure }: LinkProps): View => ({
  title: TITLE,
  isFocused: true,
  body: (
    <FocusedPage title={TITLE}>
      <p>
        {purpose === 'verify-email'
          ? 'Enter the password of the account '
          : 'Enter the password of the account that will use '}
        <bdi safe>{readableEmail(email)}</bdi>.
      </p>
      <Form action="/verify-email" submit="Confirm">
        <Field
          label="Password"
          name="password"
          type="password"
          autocomplete="current-password"
          errorMarkup={failure && <LoginError failure={failure} canReset />}
          autofocus
        />
      </Form>
      <Form action="/verify-email/decline" submit="This isn’t my account" kind="secondary" />
    </FocusedPage>
  ),
})

export const AddressDeclinedPage = (): View => ({
  title: 'No more emails',
  isFocused: true,
  body: (
    <FocusedPage title="No more emails">
      <p>Thanks for telling us. We won’t email you about this account again unless you ask us to.</p>
    </FocusedPage>
  ),
})
