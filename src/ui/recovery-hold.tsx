import { LinkButton } from './button'
import { Html, type View } from './html'
import { LocalTime } from './local-time'
import { FocusedPage } from './page-head'

/** For a sensitive change that must wait after a password reset (409). */
export const RecoveryHoldPage = ({ since, until }: { since: number; until: number }): View => ({
  title: 'Not possible yet',
  body: (
    <FocusedPage title="Not possible yet">
      <p>
        Your password was reset by email <LocalTime at={since} />. To protect your account, you can do this{' '}
        <LocalTime at={until} />.
      </p>
      <div class="actions">
        <LinkButton href="/settings" text="Back to settings" kind="secondary" />
      </div>
    </FocusedPage>
  ),
})
