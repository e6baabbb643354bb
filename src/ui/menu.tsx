import { Html } from './html'
import { fixed, template } from './template'

const Item = ({ href, text, isHere }: { href: string; text: string; isHere: boolean }) => (
  <li>
    <a href={Html.escapeHtml(href)} aria-current={isHere ? 'page' : undefined} safe>
      {text}
    </a>
  </li>
)

const LogoutItem = () => (
  <li>
    <form method="post" action="/logout">
      <button type="submit">Logout</button>
    </form>
  </li>
)

const drawForUser = (here?: '/' | '/profile' | '/logout') =>
  fixed(
    <ul>
      <Item href="/" text="Home" isHere={here === '/'} />
      <Item href="/profile" text="Profile" isHere={here === '/profile'} />
      {/* The page to log out on has a button for it: two of them would ask twice. */}
      {here === '/logout' ? <Item href="/logout" text="Logout" isHere /> : <LogoutItem />}
    </ul>,
  )

const drawForGuest = (here?: '/' | '/signup' | 'login') =>
  template({ loginPath: 'text' }, ({ loginPath }) => (
    <ul>
      <Item href="/" text="Home" isHere={here === '/'} />
      <Item href={loginPath} text="Login" isHere={here === 'login'} />
      <Item href="/signup" text="Sign Up" isHere={here === '/signup'} />
    </ul>
  ))

const forUser = {
  at: new Map<string, string>((['/', '/profile', '/logout'] as const).map((here) => [here, drawForUser(here)])),
  elsewhere: drawForUser(),
}
const forGuest = {
  at: new Map((['/', '/signup'] as const).map((here) => [`${here}`, drawForGuest(here)])),
  atLogin: drawForGuest('login'),
  elsewhere: drawForGuest(),
}

export const userMenu = (path: string) => forUser.at.get(path) ?? forUser.elsewhere

export function guestMenu(path: string, loginPath: string) {
  const isLogin = path === loginPath.split('?')[0]
  const draw = forGuest.at.get(path) ?? (isLogin ? forGuest.atLogin : forGuest.elsewhere)
  return draw({ loginPath })
}
