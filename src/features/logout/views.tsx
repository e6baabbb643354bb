import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'

export const LogoutPage = ({ name }: { name?: string }): View => ({
  title: 'Logout',
  body: (
    <section class="card">
      <h1>Logout</h1>
      <p safe>
        {name === undefined
          ? 'You are not logged in. Logging out also forgets a remembered device.'
          : `You are logged in as ${name}. Logging out also forgets this device.`}
      </p>
      <Form action="/logout" submit="Logout" />
    </section>
  ),
})
