import { Html } from './html'

const places = [
  { href: '/dashboard', text: 'Dashboard' },
  { href: '/settings', text: 'Settings' },
]

/** The pages of an account beside the profile, which the main menu has. */
export const AccountMenu = ({ current }: { current?: '/dashboard' | '/settings' }) => (
  <ul class="account-menu">
    {places.map(({ href, text }) => (
      <li>
        <a href={href} aria-current={href === current ? 'page' : undefined} safe>
          {text}
        </a>
      </li>
    ))}
  </ul>
)
