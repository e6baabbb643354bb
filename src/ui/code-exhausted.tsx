import { Form } from './form'
import { Html, type View } from './html'
import { FocusedPage } from './page-head'

const TITLE = 'This code no longer works'

/** After five wrong codes (410). `action` sends a new one. */
export const CodeExhaustedPage = ({ action }: { action: string }): View => ({
  title: TITLE,
  isFocused: true,
  body: (
    <FocusedPage title={TITLE}>
      <p>You entered five wrong codes. Request a new one.</p>
      <Form action={action} submit="Send a new code" />
    </FocusedPage>
  ),
})
