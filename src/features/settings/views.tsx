import { FreshLink } from '@/ui/fresh-link'
import { Html, type View } from '@/ui/html'
import { LockBadge } from '@/ui/lock-badge'
import { PageHead } from '@/ui/page-head'

export const SettingsPage = ({ isFresh }: { isFresh: boolean }): View => ({
  title: 'Settings',
  body: (
    <>
      <PageHead title="Settings" />
      <ul class="settings">
        <li>
          <a href="/profile#name">Your name</a>
          <p>Your display name.</p>
        </li>
        <li>
          <FreshLink href="/settings/password" text="Password" isFresh={isFresh} />
          <p>Changing it ends all your other sessions.</p>
        </li>
        <li>
          <a href="/settings/tokens">API tokens</a> <LockBadge isFresh={isFresh} />
          <p>For programs that access your account.</p>
        </li>
        <li>
          <a href="/settings/sessions">Sessions</a> <LockBadge isFresh={isFresh} />
          <p>Devices where you are logged in.</p>
        </li>
        <li>
          <a href="/settings/activity">Activity</a>
          <p>Security events of the last 12 months.</p>
        </li>
      </ul>
    </>
  ),
})
