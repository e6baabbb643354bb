import { expect, test } from 'bun:test'
import { hasPermission } from '@/model/users/roles'
import { AccountMenu } from '@/ui/account-menu'
import { MainMenu, type Can } from '@/ui/menu'
import { navigation, type MenuItem } from '@/ui/navigation'

const viewers: [name: string, can: Can | undefined][] = [
  ['visitor', undefined],
  ['user', (permission) => hasPermission({ role: 'user' }, permission)],
  ['admin', (permission) => hasPermission({ role: 'admin' }, permission)],
]

const menus = (can?: Can) => ({
  main: `${MainMenu({ path: '/elsewhere', loginPath: '/login?next=/elsewhere', can })}`,
  account: can === undefined ? '' : `${AccountMenu({ can })}`,
})

const shouldShow = ({ show }: MenuItem, can?: Can) => {
  if (show === 'always') return true
  if (show === 'visitor' || can === undefined) return show === 'visitor' && can === undefined
  return show === 'user' || can(show)
}

test.each(viewers)('a %s sees the navigation items of their role in the listed order', (_, can) => {
  for (const where of ['main', 'account'] as const) {
    const items = where === 'account' && can === undefined ? [] : navigation.filter((item) => item.where === where)
    const texts = [...menus(can)[where].matchAll(/>([^<]+)<\/(?:a|button)>/g)].map(([, text]) => text)
    expect(texts).toEqual(items.filter((item) => shouldShow(item, can)).map(({ text }) => Bun.escapeHTML(text)))
  }
})

test('only the item of the current page is marked as current, also for a login page with a query', () => {
  const menu = (path: string) => `${MainMenu({ path, loginPath: '/login?next=/dashboard' })}`
  expect(menu('/login').match(/<a[^>]*aria-current[^>]*>/g)).toEqual([
    '<a href="/login?next=/dashboard" aria-current="page">',
  ])
  expect(menu('/elsewhere')).not.toContain('aria-current')
})

test('the menu escapes the address of the login page', () => {
  expect(`${MainMenu({ path: '/', loginPath: '/login?next="><i>' })}`).not.toContain('<i>')
})

test('the logout page has a link in the menu instead of a second logout button', () => {
  const can: Can = () => false
  expect(`${MainMenu({ path: '/logout', loginPath: '/login', can })}`).not.toContain('<button')
  expect(`${MainMenu({ path: '/', loginPath: '/login', can })}`).toContain('<button type="submit">Logout</button>')
})
