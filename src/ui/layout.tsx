import type { Branding } from '@/config/branding'
import { Html, unescaped, type Children } from './html'
import { Logo } from './logo'
import { MainMenu, type Can } from './menu'
import { SessionTimeout, type SessionTimeoutProps } from './session-timeout'
import { staticHtml, staticHtmlWithSlots } from './static-html'
import { TheftAlert } from './theft-alert'

export type FlashMessage = readonly [category: 'success' | 'info' | 'error', text: string]

/** URLs of the assets. */
export type AssetUrls = { css: string; js: string; sessionJs: string; icon: string; touchIcon: string }

type LayoutProps = {
  branding: Branding
  title: string
  path: string
  /** The permissions of the user; undefined for a visitor. */
  can?: Can
  /** Where a visitor logs in. */
  loginPath: string
  signupPath?: string
  message?: FlashMessage
  hasTheftAlert: boolean
  /** Undefined without a session that can end. */
  sessionTimeout?: SessionTimeoutProps
  children: Children
}

const texts = { title: 'text', siteName: 'text', description: 'text', footer: 'text' } as const

export function createLayout(assets: AssetUrls) {
  const slots = { ...texts, script: 'markup', menu: 'markup', main: 'markup', timeout: 'markup' } as const
  const renderDocument = staticHtmlWithSlots(slots, (markers) => <PageDocument assets={assets} {...markers} />)
  const sessionScript = staticHtml(<script src={assets.sessionJs} defer />)
  return (page: LayoutProps) =>
    renderDocument({
      title: pageTitle(page),
      siteName: page.branding.name,
      description: page.branding.description,
      footer: page.branding.footer,
      script: page.sessionTimeout ? sessionScript : '',
      menu: MainMenu(page),
      main: Main(page),
      timeout: page.sessionTimeout ? SessionTimeout(page.sessionTimeout) : '',
    })
}

type DocumentProps = { [Slot in keyof typeof texts | 'script' | 'menu' | 'main' | 'timeout']: string } & {
  assets: AssetUrls
}

const PageDocument = ({ assets, title, siteName, description, footer, script, menu, main, timeout }: DocumentProps) => (
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
        <link rel="stylesheet" href={assets.css} />
        <link rel="icon" type="image/svg+xml" href={assets.icon} />
        <link rel="apple-touch-icon" href={assets.touchIcon} />
        <script src={assets.js} defer />
        {unescaped(script)}
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to content
        </a>
        <header>
          <a class="brand" href="/">
            <Logo /> <span safe>{siteName}</span>
          </a>
          <nav aria-label="Main">{unescaped(menu)}</nav>
        </header>
        <main id="main" tabindex="-1">
          {unescaped(main)}
        </main>
        <footer>
          <p safe>{footer}</p>
        </footer>
        {unescaped(timeout)}
      </body>
    </html>
  </>
)

type TitleProps = Pick<LayoutProps, 'title' | 'branding'>

type MainProps = Pick<LayoutProps, 'message' | 'hasTheftAlert' | 'children'>

const Main = ({ message, hasTheftAlert, children }: MainProps) => (
  <>
    {message ? <FlashArea message={message} /> : emptyFlash}
    {hasTheftAlert ? <TheftAlert /> : null}
    {unescaped(children)}
  </>
)

const pageTitle = ({ title, branding }: TitleProps) => `${title} · ${branding.name}`

/** The content of `<main>` for htmx, which moves the title to the document. */
export const PagePartial = (page: TitleProps & MainProps) => (
  <>
    <title safe>{pageTitle(page)}</title>
    {unescaped(Main(page))}
  </>
)

export const FlashArea = ({ message: [category, text] = ['info', ''] }: { message?: FlashMessage }) => (
  <p id="flash" class={category} role={category === 'error' ? 'alert' : 'status'} safe>
    {text}
  </p>
)

// An empty live region, so that screen readers announce a message that htmx inserts later.
const emptyFlash = unescaped(staticHtml(<FlashArea />))
