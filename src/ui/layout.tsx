import type { Branding } from '@/config/branding'
import { Html, slot, type Children } from './html'
import { Mark } from './logo'
import { MainMenu, type Can } from './menu'
import { SessionWatch, type Watched } from './session-timeout'
import { fixed, template } from './static-html'
import { TheftAlarm } from './theft-alert'

export type Message = readonly [category: 'success' | 'info' | 'error', text: string]

/** URLs of the assets. */
export type Files = { css: string; js: string; sessionJs: string; icon: string; touchIcon: string }

type LayoutProps = {
  branding: Branding
  title: string
  path: string
  /** The permissions of the user; undefined for a visitor. */
  can?: Can
  /** Where a visitor logs in. */
  loginPath: string
  message?: Message
  isAlarmed: boolean
  /** Undefined without a session that can end. */
  watched?: Watched
  children: Children
}

const texts = { title: 'text', siteName: 'text', description: 'text', footer: 'text' } as const

export function createLayout(files: Files) {
  const holes = { ...texts, script: 'markup', menu: 'markup', main: 'markup', watch: 'markup' } as const
  const frame = template(holes, (its) => <Frame files={files} {...its} />)
  const watchScript = fixed(<script src={files.sessionJs} defer />)
  return ({
    branding: { name: siteName, description, footer },
    title,
    path,
    can,
    loginPath,
    watched,
    ...main
  }: LayoutProps) =>
    frame({
      title: titled(title, siteName),
      siteName,
      description,
      footer,
      script: watched ? watchScript : '',
      menu: MainMenu({ path, can, loginPath }),
      main: Main(main),
      watch: watched ? SessionWatch(watched) : '',
    })
}

type FrameProps = { [Hole in keyof typeof texts | 'script' | 'menu' | 'main' | 'watch']: string } & { files: Files }

const Frame = ({ files, title, siteName, description, footer, script, menu, main, watch }: FrameProps) => (
  <>
    {'<!doctype html>'}
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="htmx-config" content='{"mode":"same-origin","history":"reload","includeIndicatorCSS":false}' />
        <title safe>{title}</title>
        <meta name="description" content={Html.escapeHtml(description)} />
        <link rel="stylesheet" href={files.css} />
        <link rel="icon" type="image/svg+xml" href={files.icon} />
        <link rel="apple-touch-icon" href={files.touchIcon} />
        <script src={files.js} defer />
        {slot(script)}
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to content
        </a>
        <header>
          <a class="brand" href="/">
            <Mark /> <span safe>{siteName}</span>
          </a>
          <nav aria-label="Main">{slot(menu)}</nav>
        </header>
        <main id="main" tabindex="-1">
          {slot(main)}
        </main>
        <footer>
          <p safe>{footer}</p>
        </footer>
        {slot(watch)}
      </body>
    </html>
  </>
)

type MainProps = Pick<LayoutProps, 'message' | 'isAlarmed' | 'children'>

const Main = ({ message, isAlarmed, children }: MainProps) => (
  <>
    {message ? <Flash message={message} /> : noFlash}
    {isAlarmed ? <TheftAlarm /> : null}
    {slot(children)}
  </>
)

const titled = (title: string, siteName: string) => `${title} · ${siteName}`

/** The content of `<main>` for htmx, which moves the title to the document. */
export const Part = ({ title, siteName, ...main }: MainProps & { title: string; siteName: string }) => (
  <>
    <title safe>{titled(title, siteName)}</title>
    {slot(Main(main))}
  </>
)

export const Flash = ({ message: [category, text] = ['info', ''] }: { message?: Message }) => (
  <p id="flash" class={category} role={category === 'error' ? 'alert' : 'status'} safe>
    {text}
  </p>
)

// An empty live region, so that screen readers announce a message that htmx inserts later.
const noFlash = slot(fixed(<Flash />))
