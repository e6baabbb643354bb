import type { Permission } from '@/model/users/roles'

export type MenuItem = {
  href: string
  text: string
  /** Users who may open the page. The menu hides the item from all others. */
  show: 'always' | 'visitor' | 'user' | Permission
  /** The page exists only while mail is on. */
  needsMail?: true
  /** `main` is the header. Any other text is the title of a group of the account menu. */
  where: string
}

/**
 * Both menus, in this order. `/login` becomes the login page of the current path, and `/logout` becomes a button.
 * A page has the account menu if an item of the account menu has the same first path segment.
 */
export const navigation: readonly MenuItem[] = [
  { href: '/', text: 'Home', show: 'always', where: 'main' },
  { href: '/login', text: 'Login', show: 'visitor', where: 'main' },
  { href: '/signup', text: 'Sign Up', show: 'visitor', where: 'main' },
  { href: '/profile', text: 'Profile', show: 'user', where: 'main' },
  // Your pages
  { href: '/logout', text: 'Logout', show: 'user', where: 'main' },

  { href: '/dashboard', text: 'Overview', show: 'user', where: 'Account' },
  { href: '/profile', text: 'Profile', show: 'user', where: 'Account' },
  { href: '/settings/email', text: 'Email address', show: 'user', needsMail: true, where: 'Account' },
  { href: '/settings/notifications', text: 'Notifications', show: 'user', needsMail: true, where: 'Account' },
  { href: '/settings/export', text: 'Your data', show: 'user', where: 'Account' },
  { href: '/settings/delete', text: 'Delete account', show: 'user', where: 'Account' },
  { href: '/settings/security', text: 'Security', show: 'user', where: 'Access' },
  { href: '/settings/password', text: 'Password', show: 'user', where: 'Access' },
  { href: '/settings/sessions', text: 'Sessions', show: 'user', where: 'Access' },
  { href: '/settings/activity', text: 'Activity', show: 'user', where: 'Access' },
  { href: '/settings/tokens', text: 'API tokens', show: 'user', where: 'Access' },
  { href: '/admin/users', text: 'Users', show: 'users:read', where: 'Administration' },
  { href: '/admin/mail', text: 'Mail', show: 'mail:read', needsMail: true, where: 'Administration' },
]
