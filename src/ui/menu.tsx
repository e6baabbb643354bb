import { Html, slot } from './html'

type MenuProps = { path: string; loginPath: string }

const Item = ({ href, text, isHere }: { href: string; text: string; isHere: boolean }) => (
  <li>
    <a href={Html.escapeHtml(href)} aria-current={isHere ? 'page' : undefined} safe>
      {text}
    </a>
  </li>
)

/** An item, drawn once for its own page and once for all others. */
function itemTo(href: string, text: string) {
  const here = <Item href={href} text={text} isHere />
  const away = <Item href={href} text={text} isHere={false} />
  return (path: string) => slot(path === href ? here : away)
}

const home = itemTo('/', 'Home')
const signUp = itemTo('/signup', 'Sign Up')
const profile = itemTo('/profile', 'Profile')
const logout = itemTo('/logout', 'Logout')
const logoutButton = slot(
  <li>
    <form method="post" action="/logout">
      <button type="submit">Logout</button>
    </form>
  </li>,
)

export const GuestMenu = ({ path, loginPath }: MenuProps) => (
  <ul>
    {home(path)}
    <Item href={loginPath} text="Login" isHere={path === loginPath.split('?')[0]} />
    {signUp(path)}
  </ul>
)

export const UserMenu = ({ path }: Pick<MenuProps, 'path'>) => (
  <ul>
    {home(path)}
    {profile(path)}
    {/* The page to log out on has a button for it: two of them would ask twice. */}
    {path === '/logout' ? logout(path) : logoutButton}
  </ul>
)
