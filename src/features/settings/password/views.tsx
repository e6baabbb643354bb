import type { User } from '@/model/users'
import { Field, Form, ReadonlyEmail } from '@/ui/form'
import { Html, type View } from '@/ui/html'

type PasswordProps = { user: User; minLength: number; errors?: { password?: string; new_password?: string } }

export const PasswordPage = ({ user, minLength, errors = {} }: PasswordProps): View => ({
  title: 'Change password',
  body: (
    <section class="card">
      <h1>Change password</h1>
      <Form action="/settings/password" submit="Change password">
        <ReadonlyEmail email={user.email} />
        <Field
          label="Present password"
          name="password"
          type="password"
          autocomplete="current-password"
          error={errors.password}
          autofocus={errors.password !== undefined || errors.new_password === undefined}
        />
        <Field
          label="New password"
          name="new_password"
          type="password"
          autocomplete="new-password"
          hint={`At least ${minLength} characters. A few unrelated words work well.`}
          minLength={minLength}
          error={errors.new_password}
          autofocus={errors.password === undefined && errors.new_password !== undefined}
        />
      </Form>
      <p class="aside">Your sessions on other devices will end.</p>
    </section>
  ),
})
