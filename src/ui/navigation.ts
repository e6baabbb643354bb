import type { Permission } from '@/model/users/roles'

export type MenuItem = {
  href: string
  text: string
  show: 'always' | 'visitor' | 'user' | Permission
  where: 'main' | 'account'
}

/** Both menus, in this order. `/login` becomes the login page of the current path, and `/logout` becomes a button. */
export const navigation: readonly MenuItem[] = [
  { href: '/', text: 'Home', show: 'always', where: 'main' },
  { href: '/login', text: 'Login', show: 'visitor', where: 'main' },
  { href: '/signup', text: 'Sign Up', show: 'visitor', where: 'main' },
  { href: '/profile', text: 'Profile', show: 'user', where: 'main' },
  // Your pages
  { href: '/logout', text: 'Logout', show: 'user', where: 'main' },
  { href: '/dashboard', text: 'Dashboard', show: 'user', where: 'account' },
  { href: '/settings', text: 'Settings', show: 'user', where: 'account' },
  { href: '/admin/users', text: 'Users', show: 'users:read', where: 'account' },
]
