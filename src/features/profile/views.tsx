import type { User } from '@/model/users'
import { AccountMenu } from '@/ui/account-menu'
import { Field, Form, ReadonlyEmail } from '@/ui/form'
import { Html, type View } from '@/ui/html'

type ProfileProps = { user: User; name: string; mistake?: string }

export const ProfilePage = ({ user, name, mistake }: ProfileProps): View => ({
  title: 'Profile',
  body: (
    <>
      <h1 safe>{`Welcome, ${user.name}!`}</h1>
      <AccountMenu />
      <section class="card">
        <h2>Your profile</h2>
        <Form action="/profile" submit="Save">
          <ReadonlyEmail email={user.email} />
          <Field
            label="Name"
            name="name"
            autocomplete="name"
            value={name}
            mistake={mistake}
            autofocus={mistake !== undefined}
          />
        </Form>
      </section>
    </>
  ),
})
