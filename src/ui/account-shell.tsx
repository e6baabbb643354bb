import { Html, asString, unescaped } from './html'
import { MenuLink, currentOf, visibleItems, type Viewer } from './menu'
import { navigation, type MenuItem } from './navigation'
import { SideMenu } from './side-menu'
import { staticHtmlByKey } from './static-html'

const firstSegment = (path: string) => path.split('/')[1]

// Measured: rendering the menus anew took 8 % of the processor time of a page.
const once = staticHtmlByKey()

const accountItems = (viewer: Viewer) => visibleItems(viewer).filter(({ where }) => where !== 'main')

/** Whether the user sees the account menu on this page. An error page of a user who may not open the page has it too. */
export const hasAccountMenu = (path: string, viewer?: Viewer) =>
  viewer !== undefined &&
  navigation.some(({ href, where }) => where !== 'main' && firstSegment(href) === firstSegment(path))

/** The account menu of a page, or undefined for a page outside of the account. `texts` replace texts of items. */
export function AccountMenu(path: string, viewer?: Viewer, texts?: Record<string, string>) {
  if (viewer === undefined || !hasAccountMenu(path, viewer)) return undefined
  const items = accountItems(viewer)
  if (texts) return asString(<Menu items={items.map((item) => withText(item, texts))} path={path} />)
  const key = items.map(({ href }) => `${href} ${currentOf(path, href)}`).join(' ')
  return once(key, () => <Menu items={items} path={path} />)
}

const withText = (item: MenuItem, texts: Record<string, string>) => ({ ...item, text: texts[item.href] ?? item.text })

/** Names the item of the page, or else the one above it. */
function summaryOf(items: MenuItem[], path: string) {
  const current = items.find(({ href }) => href === path) ?? items.find(({ href }) => currentOf(path, href))
  return current ? `Account menu: ${current.text}` : 'Account menu'
}

const Menu = ({ items, path }: { items: MenuItem[]; path: string }) => (
  <SideMenu
    label="Account menu"
    summary={summaryOf(items, path)}
    groups={Array.from(
      Map.groupBy(items, ({ where }) => where),
      ([title, group]) => ({
        title,
        links: group.map((item) => <MenuLink href={item.href} text={item.text} current={currentOf(path, item.href)} />),
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
