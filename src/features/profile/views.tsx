import type { User } from '@/model/users'
import { AccountMenu, type Can } from '@/ui/account-menu'
import { Field, ReadonlyEmail } from '@/ui/field'
import { Form } from '@/ui/form'
import { Html, slot, type View } from '@/ui/html'
import { template } from '@/ui/template'

type ProfileProps = { user: User; name: string; mistake?: string; can: Can }

export const ProfilePage = ({ user, name, mistake, can }: ProfileProps): View => ({
  title: 'Profile',
  body: (
    <>
      <h1 safe>{`Welcome, ${user.name}!`}</h1>
      <AccountMenu can={can} />
      {slot(mistake === undefined ? card({ email: user.email, name }) : Card({ email: user.email, name, mistake }))}
    </>
  ),
})

const Card = ({ email, name, mistake }: { email: string; name: string; mistake?: string }) => (
  <section class="card">
    <h2>Your profile</h2>
    <Form action="/profile" submit="Save">
      <ReadonlyEmail email={email} />
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
)

const card = template({ email: 'text', name: 'text' }, Card)
