import type { Permission } from '@/model/users/roles'
import { Avatar } from './avatar'
import { Html, unescaped } from './html'
import { navigation, type MenuItem } from './navigation'
import { PageUserField } from './page-user'
import { staticHtml } from './static-html'

/** Whether the user who sees the page has a permission. */
type Can = (permission: Permission) => boolean

/** The user who sees the page. */
export type Viewer = { name: string; can: Can; hasMail: boolean }

type MenuLinkProps = { href: string; text: string; current?: 'page' | 'true' }

export const MenuLink = ({ href, text, current }: MenuLinkProps) => (
  <li>
    <a href={Html.escapeHtml(href)} aria-current={current} safe>
      {text}
    </a>
  </li>
)

/** The items of both menus that a visitor (without a viewer) or a user may see. */
export const visibleItems = (viewer?: Viewer) => navigation.filter((item) => isVisible(item, viewer))

/** Whether a menu has this page. Rows that link to a page disappear with its item. */
export const isListed = (href: string, hasMail = true) =>
  navigation.some((item) => item.href === href && (hasMail || !item.needsMail))

function isVisible({ show, needsMail }: MenuItem, viewer?: Viewer) {
  if (needsMail && !viewer?.hasMail) return false
  if (show === 'always') return true
  if (show === 'visitor') return viewer === undefined
  return viewer !== undefined && (show === 'user' || viewer.can(show))
}

const logoutButton = staticHtml(
  <li>
    <form method="post" action="/logout">
      <PageUserField />
      <button type="submit">Logout</button>
    </form>
  </li>,
)

const AccountName = ({ name }: { name: string }) => (
  <>
    <Avatar name={name} />{' '}
    <bdi class="wide-only" safe>
      {name}
    </bdi>
  </>
)

/** Part of a partial: the name may have changed. */
export const AccountNameUpdate = ({ name }: { name: string }) => (
  <div hx-swap-oob="innerHTML:#account-link">
    <AccountName name={name} />
  </div>
)

const AccountLink = ({ name, current }: { name: string; current?: 'page' | 'true' }) => (
  <li>
    <a id="account-link" href="/dashboard" aria-current={current}>
      <AccountName name={name} />
    </a>
  </li>
)

const pathIn = (href: string) => href.split('?')[0] ?? href

/** `true` marks the item above a page. `public/app.js` has the same rule. */
export function currentOf(path: string, href: string) {
  if (path === href) return 'page'
  return path.startsWith(`${href}/`) ? 'true' : undefined
}

type MainMenuProps = { path: string; loginPath: string; signupPath?: string; viewer?: Viewer }

export const MainMenu = ({ path, loginPath, signupPath, viewer }: MainMenuProps) => (
  <ul>
    {visibleItems(viewer)
      .filter(({ where }) => where === 'main')
      .map((item) => {
        if (item.href === '/logout' && viewer)
          return (
            <>
              <AccountLink name={viewer.name} current={currentOf(path, '/dashboard')} />
              {path === '/logout' ? (
                <MenuLink href="/logout" text={item.text} current="page" />
              ) : (
                unescaped(logoutButton)
              )}
            </>
          )
        if (item.href === '/signup' && signupPath === undefined) return ''
        const href = { '/login': loginPath, '/signup': signupPath }[item.href] ?? item.href
        return <MenuLink href={href} text={item.text} current={currentOf(path, pathIn(href))} />
      })}
  </ul>
)
