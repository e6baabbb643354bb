import { AccountMenu } from '@/ui/account-menu'
import { Html, type View } from '@/ui/html'

export const SettingsPage = (): View => ({
  title: 'Settings',
  body: (
    <>
      <h1>Settings</h1>
      <AccountMenu current="/settings" />
      <ul class="settings">
        <li>
          <a href="/profile#name">Your name</a>
          <p>How we greet you.</p>
        </li>
        <li>
          <a href="/settings/password">Password</a>
          <p>Changing it ends your sessions everywhere else. You may be asked for the current one first.</p>
        </li>
      </ul>
    </>
  ),
})
