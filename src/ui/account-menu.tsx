import type { Permission } from '@/model/roles'
import { Html, slot } from './html'
import { fixed } from './template'

const own = [
  { href: '/dashboard', text: 'Dashboard' },
  { href: '/settings', text: 'Settings' },
] as const
const all = [...own, { href: '/admin/users', text: 'Users' }] as const

/** The question whether the one who looks at a page may do something. */
export type Can = (permission: Permission) => boolean

type Place = (typeof all)[number]

const menuOf = (places: readonly Place[], current?: Place['href']) =>
  fixed(
    <ul class="account-menu">
      {places.map(({ href, text }) => (
        <li>
          <a href={href} aria-current={href === current ? 'page' : undefined}>
            {text}
          </a>
        </li>
      ))}
    </ul>,
  )

/** One menu, drawn once for each page that it stands on. */
function drawn(places: readonly Place[]) {
  const menus = new Map(places.map(({ href }) => [href, menuOf(places, href)]))
  const outside = menuOf(places)
  return (current?: Place['href']) => slot((current && menus.get(current)) ?? outside)
}

const menus = { own: drawn(own), all: drawn(all) }

/** The pages of an account beside the profile, which the main menu has. */
export const AccountMenu = ({ current, can }: { current?: Place['href']; can: Can }) =>
  menus[can('users:read') ? 'all' : 'own'](current)
