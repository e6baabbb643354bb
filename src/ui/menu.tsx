import type { Permission } from '@/model/users/roles'
import { Html } from './html'
import { navigation, type MenuItem } from './navigation'
import { PageUserField } from './page-user'

/** Whether the user who sees the page has a permission. */
export type Can = (permission: Permission) => boolean

type MenuLinkProps = { href: string; text: string; isCurrent: boolean }

const MenuLink = ({ href, text, isCurrent }: MenuLinkProps) => (
  <li>
    <a href={Html.escapeHtml(href)} aria-current={isCurrent ? 'page' : undefined} safe>
      {text}
    </a>
  </li>
)

const logoutButton = (
  <li>
    <form method="post" action="/logout">
      <PageUserField />
      <button type="submit">Logout</button>
    </form>
  </li>
)

// Measured: rendering the menus anew took 8 % of the processor time of a page.
const currentLinks = new WeakMap<MenuItem, JSX.Element>()
const otherLinks = new WeakMap<MenuItem, JSX.Element>()

/** The link of an item, rendered once for each value of `isCurrent`. */
export function linkTo(item: MenuItem, isCurrent: boolean) {
  const links = isCurrent ? currentLinks : otherLinks
  const link = links.get(item) ?? <MenuLink href={item.href} text={item.text} isCurrent={isCurrent} />
  links.set(item, link)
  return link
}

/** The items of one menu that a visitor (without `can`) or a user may see. */
export function visibleItems(where: MenuItem['where'], can?: Can) {
  return navigation.filter((item) => item.where === where && isVisible(item.show, can))
}

function isVisible(show: MenuItem['show'], can?: Can) {
  if (show === 'always') return true
  if (show === 'visitor') return can === undefined
  return can !== undefined && (show === 'user' || can(show))
}

const pathIn = (href: string) => href.split('?')[0]

type MainMenuProps = { path: string; loginPath: string; signupPath?: string; can?: Can }

export const MainMenu = ({ path, loginPath, signupPath = '/signup', can }: MainMenuProps) => (
  <ul>
    {visibleItems('main', can).map((item) => {
      // The logout page has a logout button of its own.
      if (item.href === '/logout' && path !== '/logout') return logoutButton
      const href = { '/login': loginPath, '/signup': signupPath }[item.href] ?? item.href
      const isCurrent = path === pathIn(href)
      return href === item.href ? (
        linkTo(item, isCurrent)
      ) : (
        <MenuLink href={href} text={item.text} isCurrent={isCurrent} />
      )
    })}
  </ul>
)
