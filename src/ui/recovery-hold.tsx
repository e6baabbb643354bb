import type { RecoveryHold } from '@/model/users/recovery-hold'
import { LinkButton } from './button'
import { Html, type View } from './html'
import { LocalTime } from './local-time'
import { FocusedPage } from './page-head'

/** For a sensitive change that must wait after a recovery of the account (409). */
export const RecoveryHoldPage = ({ since, until, cause }: RecoveryHold): View => ({
  title: 'Not possible yet',
  body: (
    <FocusedPage title="Not possible yet">
      <p>
        {cause === 'factors'
          ? 'Two-step verification was removed from your account'
          : 'Your password was reset by email'}{' '}
        <LocalTime at={since} />. To protect your account, you can do this <LocalTime at={until} />.
      </p>
      <div class="actions">
        <LinkButton href="/settings" text="Back to settings" kind="secondary" />
      </div>
    </FocusedPage>
  ),
})
