import type { AuthFailure, User } from '@/model/types'
import { loginErrorText } from '@/ui/login-error-text'
import { NewPassword, ReadonlyEmail } from '@/ui/account-fields'
import { Field } from '@/ui/field'
import { firstErrorField, Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { PageHead } from '@/ui/page-head'

type PasswordProps = {
  user: User
  hasPassword: boolean
  minLength: number
  /** Whether mail is on, so that a reset unlocks the account. */
  canReset: boolean
  /** About the current password. */
  failure?: AuthFailure
  /** About the new password. */
  error?: string
}

export const PasswordPage = ({ user, hasPassword, minLength, canReset, failure, error }: PasswordProps): View => {
  const errors = {
    password:
      failure && loginErrorText(failure, { wrong: 'This is not your current password. Type it again.', canReset }),
    new_password: error,
  }
  const focus = firstErrorField(errors, hasPassword ? 'password' : 'new_password')
  const title = hasPassword ? 'Change password' : 'Set a password'
  return {
    title,
    body: (
      <>
        <PageHead title={title} lead={<>This ends your sessions on other devices and revokes your API tokens.</>} />
        <Form action="/settings/password" submit={title} isCard>
          <ReadonlyEmail email={user.email} />
          {hasPassword ? (
            <Field
              label="Current password"
              name="password"
              type="password"
              autocomplete="current-password"
              error={errors.password}
              autofocus={focus === 'password'}
            />
          ) : (
            ''
          )}
          <NewPassword
            label="New password"
            name="new_password"
            minLength={minLength}
            error={errors.new_password}
            autofocus={focus === 'new_password'}
          />
        </Form>
      </>
    ),
  }
}
