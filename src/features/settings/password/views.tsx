import type { FailedTry, User } from '@/model/types'
import { AccountMenu, type Can } from '@/ui/account-menu'
import { sentenceOf } from '@/ui/login-error-text'
import { Field, NewPassword, ReadonlyEmail } from '@/ui/field'
import { focusOf, Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'

type PasswordProps = {
  user: User
  minLength: number
  /** About the current password. */
  failed?: FailedTry
  /** About the new password. */
  mistake?: string
  can: Can
}

export const PasswordPage = ({ user, minLength, failed, mistake, can }: PasswordProps): View => {
  const mistakes = {
    password: failed && sentenceOf(failed, 'This is not your current password. Type it again.'),
    new_password: mistake,
  }
  const focus = focusOf(mistakes, 'password')
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
              mistake={mistakes.password}
              autofocus={focus === 'password'}
            />
            <NewPassword
              label="New password"
              name="new_password"
              minLength={minLength}
              mistake={mistakes.new_password}
              autofocus={focus === 'new_password'}
            />
          </Form>
          <p class="aside">This ends your sessions on other devices and revokes your API tokens.</p>
        </section>
      </>
    ),
  }
}
