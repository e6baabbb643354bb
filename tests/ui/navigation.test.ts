import { expect, test } from 'bun:test'
import { hasPermission } from '@/model/users/roles'
import { AccountMenu } from '@/ui/account-shell'
import { isListed, MainMenu, type Viewer } from '@/ui/menu'
import { navigation, type MenuItem } from '@/ui/navigation'
import { adminTest } from '../support/features'

const viewerWithRole = (role: 'user' | 'admin', hasMail = true): Viewer => ({
  name: 'Ann Lee',
  can: (permission) => hasPermission({ role }, permission),
  hasMail,
})

const viewers: [name: string, viewer: Viewer | undefined][] = [
  ['visitor', undefined],
  ['user', viewerWithRole('user')],
  ['admin', viewerWithRole('admin')],
]

const mainMenu = (viewer?: Viewer, path = '/elsewhere') =>
  `${MainMenu({ path, loginPath: '/login?next=/elsewhere', signupPath: '/signup', viewer })}`

const shouldShow = ({ show }: MenuItem, viewer?: Viewer) => {
  if (show === 'always') return true
  if (show === 'visitor' || viewer === undefined) return show === 'visitor' && viewer === undefined
  return show === 'user' || viewer.can(show)
}

const textsOf = (markup: string) => [...markup.matchAll(/>([^<]+)<\/(?:a|button)>/g)].map(([, text]) => text)

const shown = (isMain: boolean, viewer?: Viewer) =>
  navigation
    .filter((item) => (item.where === 'main') === isMain && shouldShow(item, viewer))
    .map(({ text }) => Bun.escapeHTML(text))

test.each(viewers)('a %s sees the items of the header in the listed order', (_, viewer) => {
  expect(textsOf(mainMenu(viewer))).toEqual(shown(true, viewer))
})

test.each(viewers)('a %s sees the items of the account menu in the listed order, in both forms', (_, viewer) => {
  const menu = AccountMenu('/profile', viewer)
  if (viewer === undefined) return expect(menu).toBeUndefined()
  const [details = '', nav = ''] = (menu ?? '').split('</details>')
  expect(textsOf(details)).toEqual(shown(false, viewer))
  expect(textsOf(nav)).toEqual(shown(false, viewer))
})

test('a page has the account menu if an item has the same first path segment', () => {
  const user = viewerWithRole('user')
  for (const path of ['/profile', '/settings', '/settings/nowhere', '/dashboard'])
    expect(AccountMenu(path, user)).toBeDefined()
  for (const path of ['/', '/login', '/api/docs', '/profiles']) expect(AccountMenu(path, user)).toBeUndefined()
})

adminTest('the account menu of a page that the user cannot open lacks its item', () => {
  expect(AccountMenu('/admin/users/1', viewerWithRole('user'))).not.toContain('/admin/')
  expect(AccountMenu('/admin/users/1', viewerWithRole('admin'))).toContain('/admin/users')
})

adminTest('pages that need mail are in no menu while mail is off', () => {
  const pages = navigation.filter(({ needsMail }) => needsMail).map(({ href }) => href)
  expect(pages).toContain('/admin/mail')
  for (const href of pages) {
    expect(AccountMenu('/profile', viewerWithRole('admin'))).toContain(`"${href}"`)
    expect(AccountMenu('/profile', viewerWithRole('admin', false))).not.toContain(`"${href}"`)
    expect([isListed(href), isListed(href, false)]).toEqual([true, false])
  }
})

test('the account menu marks the current page, and the item above a page', () => {
  const current = (path: string) =>
    Array.from(`${AccountMenu(path, viewerWithRole('user'))}`.matchAll(/aria-current="\w+"[^<]*/g), ([found]) => found)
  expect(current('/settings/sessions')).toEqual(Array(2).fill('aria-current="page">Sessions'))
  expect(current('/settings/sessions/new')).toEqual(Array(2).fill('aria-current="true">Sessions'))
  expect(current('/settings')).toEqual([])
  expect(AccountMenu('/settings/sessions/new', viewerWithRole('user'))).toContain('<summary>Account menu: Sessions<')
})

test('only the item of the current page is marked as current, also for a login page with a query', () => {
  const menu = (path: string) => `${MainMenu({ path, loginPath: '/login?next=/dashboard' })}`
  expect(menu('/login').match(/<a[^>]*aria-current[^>]*>/g)).toEqual([
    '<a href="/login?next=/dashboard" aria-current="page">',
  ])
  expect(menu('/elsewhere')).not.toContain('aria-current')
})

test('the header names the user before the logout button', () => {
  const menu = mainMenu({ name: 'Ann <Lee>', can: () => false, hasMail: true })
  expect(menu).toContain('href="/dashboard"')
  expect(menu).toContain('>AL</span>')
  expect(menu.indexOf('Ann &lt;Lee')).toBeGreaterThan(0)
  expect(menu.indexOf('Ann &lt;Lee')).toBeLessThan(menu.indexOf('Logout'))
})

test('the menu escapes the address of the login page', () => {
  expect(`${MainMenu({ path: '/', loginPath: '/login?next="><i>' })}`).not.toContain('<i>')
})

test('the logout page has a link in the menu instead of a second logout button', () => {
  expect(mainMenu(viewerWithRole('user'), '/logout')).not.toContain('<button')
  expect(mainMenu(viewerWithRole('user'))).toContain('<button type="submit">Logout</button>')
})

test('the header marks the item above a page, except Home', () => {
  const menu = mainMenu(viewerWithRole('user'), '/profile/photo')
  expect(menu.match(/<a[^>]*aria-current[^>]*>/g)).toEqual(['<a href="/profile" aria-current="true">'])
})

adminTest('a page can replace the text of an item in both forms of the account menu, for this page only', () => {
  const admin = viewerWithRole('admin')
  const waiting = AccountMenu('/admin/users', admin, { '/admin/mail': 'Mail (412 waiting)' }) ?? ''
  expect(waiting.match(/<a href="\/admin\/mail">Mail \(412 waiting\)<\/a>/g)).toHaveLength(2)
  expect(AccountMenu('/admin/users', admin)).not.toContain('waiting')
})
