import { LinkButton } from './button'
import { Form } from './form'
import { Html, type View } from './html'
import { FocusedPage } from './page-head'

const TITLE = 'This code no longer works'
const SEND = 'Send a new code'

/** `action` sends a new code. `href` is the form that asks for the address first. */
type ExhaustedProps = { action: string; next?: string } | { href: string }

/** After five wrong codes (410). */
export const CodeExhaustedPage = (props: ExhaustedProps): View => ({
  title: TITLE,
  isFocused: true,
  body: (
    <FocusedPage title={TITLE}>
      <p>You entered five wrong codes. Request a new one.</p>
      {'href' in props ? (
        <div class="actions">
          <LinkButton href={props.href} text={SEND} />
        </div>
      ) : (
        <Form {...props} submit={SEND} />
      )}
    </FocusedPage>
  ),
})
