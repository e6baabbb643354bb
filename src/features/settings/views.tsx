import { AccountMenu, type Can } from '@/ui/account-menu'
import { FreshLink } from '@/ui/fresh-link'
import { Html, type View } from '@/ui/html'
import { NeedsPassword } from '@/ui/needs-password'

export const SettingsPage = ({ can, isFresh }: { can: Can; isFresh: boolean }): View => ({
  title: 'Settings',
  body: (
    <>
      <h1>Settings</h1>
      <AccountMenu current="/settings" can={can} />
      <ul class="settings">
        <li>
          <a href="/profile#name">Your name</a>
          <p>How we greet you.</p>
        </li>
        <li>
          <FreshLink href="/settings/password" text="Password" isFresh={isFresh} />
          <p>Changing it ends your sessions everywhere else.</p>
        </li>
        <li>
          <a href="/settings/tokens">API tokens</a> <NeedsPassword isFresh={isFresh} />
          <p>For programs that act in your name.</p>
        </li>
        <li>
          <a href="/settings/sessions">Sessions</a> <NeedsPassword isFresh={isFresh} />
          <p>Where you are logged in, and how to end that.</p>
        </li>
        <li>
          <a href="/settings/activity">Activity</a>
          <p>What happened to your account in the last twelve months.</p>
        </li>
      </ul>
    </>
  ),
})
