import { Html } from './html'

/** The pages of an account beside the profile, which the main menu has. */
export const AccountMenu = () => (
  <ul class="account-menu">
    <li>
      <a href="/dashboard">Dashboard</a>
    </li>
    <li>
      <a href="/settings">Settings</a>
    </li>
  </ul>
)
