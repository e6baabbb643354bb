import type { User } from '@/model/users'
import { AccountMenu, type Can } from '@/ui/account-menu'
import { Field, ReadonlyEmail } from '@/ui/field'
import { Form } from '@/ui/form'
import { Html, slot, type View } from '@/ui/html'
import { template } from '@/ui/template'

type ProfileProps = { user: User; name: string; mistake?: string; can: Can }

export const ProfilePage = ({ user, name, mistake, can }: ProfileProps): View => {
  const its = { welcome: `Welcome, ${user.name}!`, menu: AccountMenu({ can }), email: user.email, name }
  return { title: 'Profile', body: mistake === undefined ? calm(its) : Body({ ...its, mistake }) }
}

type BodyProps = { welcome: string; menu: JSX.Element; email: string; name: string; mistake?: string }

const Body = ({ welcome, menu, email, name, mistake }: BodyProps) => (
  <>
    <h1 safe>{welcome}</h1>
    {slot(menu)}
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
  </>
)

const calm = template({ welcome: 'text', menu: 'markup', email: 'text', name: 'text' }, Body)
