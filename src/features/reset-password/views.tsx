import type { User } from '@/model/types'
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

/** `contact` is a URL or empty. */
export const DeactivatedPage = ({ contact }: { contact: string }): View => ({
  title: 'Account deactivated',
  isFocused: true,
  body: (
    <FocusedPage title="Account deactivated">
      <p>
        An administrator deactivated this account.
        {contact === '' ? (
          ''
        ) : (
          <>
            {' '}
            Contact us:{' '}
            <a href={Html.escapeHtml(contact)} safe>
              {contact.replace(/^mailto:/, '')}
            </a>
          </>
        )}
      </p>
    </FocusedPage>
  ),
})
