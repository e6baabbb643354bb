import type { AuthFailure, User } from '@/model/types'
import { AccountMenu, type Can } from '@/ui/account-menu'
import { loginErrorText } from '@/ui/login-error-text'
import { Field, NewPassword, ReadonlyEmail } from '@/ui/field'
import { firstErrorField, Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'

type PasswordProps = {
  user: User
  minLength: number
  /** About the current password. */
  failure?: AuthFailure
  /** About the new password. */
  error?: string
  can: Can
}

export const PasswordPage = ({ user, minLength, failure, error, can }: PasswordProps): View => {
  const errors = {
    password: failure && loginErrorText(failure, 'This is not your current password. Type it again.'),
    new_password: error,
  }
  const focus = firstErrorField(errors, 'password')
  return {
    title: 'Change password',
    body: (
      <>
        <AccountMenu current="/settings" can={can} />
        <section class="card">
          <h1>Change password</h1>
          <Form action="/settings/password" submit="Change password">
            <ReadonlyEmail email={user.email} />
            <Field
              label="Current password"
              name="password"
              type="password"
              autocomplete="current-password"
              error={errors.password}
              autofocus={focus === 'password'}
            />
            <NewPassword
              label="New password"
              name="new_password"
              minLength={minLength}
              error={errors.new_password}
              autofocus={focus === 'new_password'}
            />
          </Form>
          <p class="hint">This ends your sessions on other devices and revokes your API tokens.</p>
        </section>
      </>
    ),
  }
}
