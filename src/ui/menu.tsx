import type { Permission } from '@/model/users/roles'
import { Html } from './html'
import { navigation, type MenuItem } from './navigation'

/** Whether the user who sees the page has a permission. */
export type Can = (permission: Permission) => boolean

type MenuLinkProps = { href: string; text: string; isCurrent: boolean }

export const MenuLink = ({ href, text, isCurrent }: MenuLinkProps) => (
  <li>
    <a href={Html.escapeHtml(href)} aria-current={isCurrent ? 'page' : undefined} safe>
      {text}
    </a>
  </li>
)

const LogoutButton = () => (
  <li>
    <form method="post" action="/logout">
      <button type="submit">Logout</button>
    </form>
  </li>
)

/** The items of one menu that a visitor (without `can`) or a user may see. */
export function visibleItems(where: MenuItem['where'], can?: Can) {
  return navigation.filter((item) => item.where === where && isVisible(item.show, can))
}

function isVisible(show: MenuItem['show'], can?: Can) {
  if (show === 'always') return true
  if (show === 'visitor') return can === undefined
  return can !== undefined && (show === 'user' || can(show))
}

type MainMenuProps = { path: string; loginPath: string; can?: Can }

export const MainMenu = ({ path, loginPath, can }: MainMenuProps) => (
  <ul>
    {visibleItems('main', can).map(({ href, text }) => {
      // The logout page has a logout button of its own.
      if (href === '/logout' && path !== '/logout') return <LogoutButton />
      const target = href === '/login' ? loginPath : href
      return <MenuLink href={target} text={text} isCurrent={path === target.split('?')[0]} />
    })}
  </ul>
)
