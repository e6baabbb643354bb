import { Html, unescaped } from './html'
import { MenuLink, visibleItems, type Viewer } from './menu'
import { navigation, type MenuItem } from './navigation'
import { SideMenu } from './side-menu'
import { staticHtmlByKey } from './static-html'

const firstSegment = (path: string) => path.split('/')[1]

const isBelow = (path: string, href: string) => path === href || path.startsWith(`${href}/`)

// Measured: rendering the menus anew took 8 % of the processor time of a page.
const once = staticHtmlByKey()

const accountItems = (viewer: Viewer) => visibleItems(viewer).filter(({ where }) => where !== 'main')

/** Whether the user sees the account menu on this page. An error page of a user who may not open the page has it too. */
export const hasAccountMenu = (path: string, viewer?: Viewer) =>
  viewer !== undefined &&
  navigation.some(({ href, where }) => where !== 'main' && firstSegment(href) === firstSegment(path))

/** The account menu of a page, or undefined for a page outside of the account. */
export function AccountMenu(path: string, viewer?: Viewer) {
  if (viewer === undefined || !hasAccountMenu(path, viewer)) return undefined
  const items = accountItems(viewer)
  const current = items.find(({ href }) => isBelow(path, href))
  const key = [current?.href, path === current?.href, ...items.map(({ href }) => href)].join(' ')
  return once(key, () => <Menu items={items} current={current} path={path} />)
}

type MenuProps = { items: MenuItem[]; current?: MenuItem; path: string }

const Menu = ({ items, current, path }: MenuProps) => (
  <SideMenu
    label="Account menu"
    summary={current ? `Account menu: ${current.text}` : 'Account menu'}
    groups={Array.from(
      Map.groupBy(items, ({ where }) => where),
      ([title, group]) => ({
        title,
        links: group.map((item) => (
          <MenuLink
            href={item.href}
            text={item.text}
            current={item !== current ? undefined : path === item.href ? 'page' : 'true'}
          />
        )),
      }),
    )}
  />
)

/** The menu beside the content. */
export const AccountShell = ({ menu, main }: { menu: string; main: string }) => (
  <div class="shell">
    {unescaped(menu)}
    {unescaped(main)}
  </div>
)
