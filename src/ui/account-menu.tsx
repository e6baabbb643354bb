import type { Permission } from '@/model/roles'
import { Html } from './html'

const places = [
  { href: '/dashboard', text: 'Dashboard' },
  { href: '/settings', text: 'Settings' },
  { href: '/admin/users', text: 'Users', permission: 'users:read' },
] as const

/** The question whether the one who looks at a page may do something. */
export type Can = (permission: Permission) => boolean

type AccountMenuProps = { current?: (typeof places)[number]['href']; can: Can }

/** The pages of an account beside the profile, which the main menu has. */
export const AccountMenu = ({ current, can }: AccountMenuProps) => (
  <ul class="account-menu">
    {places
      .filter((place) => !('permission' in place) || can(place.permission))
      .map(({ href, text }) => (
        <li>
          <a href={href} aria-current={href === current ? 'page' : undefined}>
            {text}
          </a>
        </li>
      ))}
  </ul>
)
