import { Html, slot, type Children } from './html'
import { Mark } from './mark'
import { SessionWatch, type Watched } from './session-watch'
import { TheftAlarm } from './theft-alarm'

/** A flash message as people meet it. */
export type Message = readonly [category: 'success' | 'info' | 'error', text: string]

/** Where the page's own files lie; their names change with their content. */
export type Files = { css: string; js: string; icon: string; touchIcon: string }

type LayoutProps = {
  title: string
  path: string
  name?: string
  /** Where a visitor logs in. */
  loginPath: string
  message?: Message
  isAlarmed: boolean
  /** The session of the user, where there is one that can end. */
  watched?: Watched
  files: Files
  children: Children
}

export const Layout = ({ title, path, name, loginPath, message, isAlarmed, watched, files, children }: LayoutProps) => (
  <>
    {'<!doctype html>'}
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="htmx-config" content='{"mode":"same-origin","history":"reload","includeIndicatorCSS":false}' />
        <Title title={title} />
        <link rel="stylesheet" href={files.css} />
        <link rel="icon" type="image/svg+xml" href={files.icon} />
        <link rel="apple-touch-icon" href={files.touchIcon} />
        <script src={files.js} defer />
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to content
        </a>
        <header>
          <a class="brand" href="/">
            <Mark /> Latchkey
          </a>
          <nav aria-label="Main">
            {name === undefined ? <GuestMenu path={path} loginPath={loginPath} /> : <UserMenu path={path} />}
          </nav>
        </header>
        <main id="main" tabindex="-1">
          <Flash message={message} />
          {isAlarmed ? <TheftAlarm /> : null}
          {slot(children)}
        </main>
        <footer>
          <p>Latchkey keeps your account.</p>
        </footer>
        {watched ? <SessionWatch {...watched} /> : null}
      </body>
    </html>
  </>
)

type PartProps = Pick<LayoutProps, 'title' | 'message' | 'isAlarmed' | 'children'>

/** What htmx swaps into <main>. The title finds its own place. */
export const Part = ({ title, message, isAlarmed, children }: PartProps) => (
  <>
    <Title title={title} />
    <Flash message={message} />
    {isAlarmed ? <TheftAlarm /> : null}
    {slot(children)}
  </>
)

const Title = ({ title }: { title: string }) => <title safe>{`${title} · Latchkey`}</title>

const Item = ({ path, href, text }: { path: string; href: string; text: string }) => (
  <li>
    <a href={Html.escapeHtml(href)} aria-current={path === href.split('?')[0] ? 'page' : undefined} safe>
      {text}
    </a>
  </li>
)

const GuestMenu = ({ path, loginPath }: Pick<LayoutProps, 'path' | 'loginPath'>) => (
  <ul>
    <Item path={path} href="/" text="Home" />
    <Item path={path} href={loginPath} text="Login" />
    <Item path={path} href="/signup" text="Sign Up" />
  </ul>
)

const UserMenu = ({ path }: { path: string }) => (
  <ul>
    <Item path={path} href="/" text="Home" />
    <Item path={path} href="/profile" text="Profile" />
    {/* The page to log out on has a button for it: two of them would ask twice. */}
    {path === '/logout' ? <Item path={path} href="/logout" text="Logout" /> : <LogoutItem />}
  </ul>
)

const LogoutItem = () => (
  <li>
    <form method="post" action="/logout">
      <button type="submit">Logout</button>
    </form>
  </li>
)

export const Flash = ({ message: [category, text] = ['info', ''] }: { message?: Message }) => (
  <p id="flash" class={category} role={category === 'error' ? 'alert' : 'status'} safe>
    {text}
  </p>
)
