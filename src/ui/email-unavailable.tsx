import { LinkButton } from './button'
import { Html, type View } from './html'
import { FocusedPage } from './page-head'

const TITLE = 'This address can’t be used'

/** Another account has the address, or may still take it back (409). Only the owner of the mailbox sees this page. */
export const EmailUnavailablePage = (): View => ({
  title: TITLE,
  isFocused: true,
  body: (
    <FocusedPage title={TITLE}>
      <p>Choose a different address.</p>
      <div class="actions">
        <LinkButton href="/settings/email" text="Email settings" />
      </div>
    </FocusedPage>
  ),
})
