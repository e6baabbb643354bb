import { AccountMenu, type Can } from '@/ui/account-menu'
import { Html, type View } from '@/ui/html'

export const SettingsPage = ({ can }: { can: Can }): View => ({
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
          <a href="/settings/password">Password</a>
          <p>Changing it ends your sessions everywhere else. You may be asked for the current one first.</p>
        </li>
        <li>
          <a href="/settings/tokens">API tokens</a>
          <p>For programs that act in your name. To create one you may be asked for your password first.</p>
        </li>
      </ul>
    </>
  ),
})
