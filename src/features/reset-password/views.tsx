import type { User } from '@/model/types'
import { Contact, type Contacts } from '@/ui/contact'
import { NewPassword, ReadonlyEmail } from '@/ui/field'
import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { InvalidLinkPage } from '@/ui/invalid-link'
import { FocusedPage } from '@/ui/page-head'

type ResetProps = { user: User; minLength: number; error?: string }

export const ResetPasswordPage = ({ user, minLength, error }: ResetProps): View => ({
  title: 'Choose a new password',
  isFocused: true,
  body: (
    <FocusedPage title="Choose a new password">
      <p>This logs out all your sessions and revokes your API tokens.</p>
      <Form action="/reset-password" submit="Change password">
        <ReadonlyEmail email={user.email} />
        <NewPassword label="New password" name="new_password" minLength={minLength} error={error} autofocus />
      </Form>
    </FocusedPage>
  ),
})

export const InvalidResetPage = () =>
  InvalidLinkPage({ actions: [{ text: 'Send a new link', href: '/forgot-password' }] })

export const DeactivatedPage = (contacts: Contacts): View => ({
  title: 'Account deactivated',
  isFocused: true,
  body: (
    <FocusedPage title="Account deactivated">
      <p>
        An administrator deactivated this account.
        <Contact {...contacts} />
      </p>
    </FocusedPage>
  ),
})
