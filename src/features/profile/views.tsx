import type { User } from '@/model/types'
import { AccountMenu, type Can } from '@/ui/account-menu'
import { Field, ReadonlyEmail } from '@/ui/field'
import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'

type ProfileProps = { user: User; name: string; error?: string; can: Can }

export const ProfilePage = ({ user, name, error, can }: ProfileProps): View => ({
  title: 'Profile',
  body: (
    <>
      <h1 safe>{`Welcome, ${user.name}!`}</h1>
      <AccountMenu can={can} />
      <section class="card">
        <h2>Your profile</h2>
        <Form action="/profile" submit="Save">
          <ReadonlyEmail email={user.email} />
          <Field
            label="Name"
            name="name"
            autocomplete="name"
            value={name}
            error={error}
            autofocus={error !== undefined}
          />
        </Form>
      </section>
    </>
  ),
})
