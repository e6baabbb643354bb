import { Form } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { FocusedPage } from '@/ui/page-head'

export const LogoutPage = ({ name }: { name?: string }): View => ({
  title: 'Logout',
  body: (
    <FocusedPage title="Logout">
      {name === undefined ? (
        <p>You are not logged in. Logging out also forgets a remembered device.</p>
      ) : (
        <p>
          You are logged in as <bdi safe>{name}</bdi>. Logging out also forgets this device.
        </p>
      )}
      <Form action="/logout" submit="Logout" />
    </FocusedPage>
  ),
})
