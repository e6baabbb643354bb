import { formatDuration } from '@/lib/duration'
import { readableEmail } from '@/lib/email-domain'
import type { User } from '@/model/types'
import { Card } from '@/ui/card'
import { Field } from '@/ui/field'
import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { PageHead } from '@/ui/page-head'

type DeleteProps = {
  user: User
  /** In milliseconds. */
  grace: number
  typed?: string
  error?: 'other-email' | 'last-admin'
}

export const DeletePage = ({ user, grace, typed = '', error }: DeleteProps): View => {
  const email = readableEmail(user.email)
  return {
    title: 'Delete your account',
    body: (
      <>
        <PageHead
          title="Delete your account"
          lead={
            <>
              Your account and everything in it will be deleted in {Html.escapeHtml(formatDuration(grace))}. Until then,
              log in to keep it. After that it can’t be restored.
            </>
          }
        />
        <Card>
          <p>
            <a href="/settings/export">Download your data first</a>
          </p>
          <p>
            Your email address is{' '}
            <strong>
              <bdi safe>{email}</bdi>
            </strong>
            .
          </p>
          <Form action="/settings/delete" submit="Delete my account" kind="danger">
            <Field
              label="Type your email address to confirm"
              name="email"
              type="email"
              autocomplete="off"
              value={typed}
              error={error && errorText(error, email)}
              autofocus={error !== undefined}
            />
          </Form>
        </Card>
      </>
    ),
  }
}

const errorText = (error: 'other-email' | 'last-admin', email: string) =>
  error === 'other-email'
    ? `Type ${email}, exactly as shown above.`
    : 'You are the last active admin. Make someone else an admin first.'
