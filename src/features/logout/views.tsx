import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'

export const LogoutPage = ({ name }: { name?: string }): View => ({
  title: 'Logout',
  body: (
    <section class="card">
      <h1>Logout</h1>
      {name === undefined ? (
        <p>You are not logged in. Logging out also forgets a remembered device.</p>
      ) : (
        <p>
          You are logged in as <bdi safe>{name}</bdi>. Logging out also forgets this device.
        </p>
      )}
      <Form action="/logout" submit="Logout" />
    </section>
  ),
})
