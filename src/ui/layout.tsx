import type { Branding } from '@/config/branding'
import { AccountMenu, AccountShell } from './account-shell'
import { FactorResetAlert } from './factor-reset-alert'
import { insertFlash, type FlashMessage } from './flash-area'
import { Html, asString, unescaped } from './html'
import { Mark } from './mark'
import { AccountNameUpdate, MainMenu, type Viewer } from './menu'
import { SessionTimeout, type SessionTimeoutProps } from './session-timeout'
import { staticHtml, staticHtmlWithSlots } from './static-html'
import { TheftAlert } from './theft-alert'
import { themes, type Theme } from './theme'

/** URLs of the assets. */
export type AssetUrls = {
  css: string
  js: string
  sessionJs: string
  passkeysJs: string
  icon: string
  touchIcon: string
}

type PageProps = {
  branding: Branding
  title: string
  /** Undefined for a visitor. */
  viewer?: Viewer
  message?: FlashMessage
  hasTheftAlert: boolean
  /** When two-step verification will be removed; undefined if it stays. */
  factorResetAt?: number
  /** Markup of a notice about the account. */
  notice?: string
  /** Markup that the script of passkeys uses. */
  passkeys?: string
  body: JSX.Element
}

type LayoutProps = PageProps & {
  path: string
  isFocused?: boolean
  menuTexts?: Record<string, string>
  theme: Theme
  /** Where a visitor logs in. */
  loginPath: string
  /** Undefined while sign-up is closed. */
  signupPath?: string
  /** Undefined without a session that can end. */
  sessionTimeout?: SessionTimeoutProps
}

const texts = { title: 'text', siteName: 'text', description: 'text', footer: 'text' } as const
const markups = { mark: 'markup', script: 'markup', menu: 'markup', main: 'markup', timeout: 'markup' } as const

export function createLayout(assets: AssetUrls) {
  const render = (theme: Theme) =>
    staticHtmlWithSlots({ ...texts, ...markups }, (markers) => (
      <PageDocument assets={assets} theme={theme} {...markers} />
    ))
  const documents = { system: render('system'), light: render('light'), dark: render('dark') }
  const sessionScript = staticHtml(<script src={assets.sessionJs} defer />)
  return (page: LayoutProps) => {
    const menu = page.isFocused ? undefined : AccountMenu(page.path, page.viewer, page.menuTexts)
    const main = asString(<Main markup={Content(page)} />)
    return documents[page.theme]({
      title: pageTitle(page),
      siteName: page.branding.name,
      description: page.branding.description,
      footer: page.branding.footer,
      mark: <Mark branding={page.branding} />,
      script: page.sessionTimeout ? sessionScript : '',
      menu: MainMenu(page),
      main: menu === undefined ? main : AccountShell({ menu, main }),
      timeout: page.sessionTimeout ? SessionTimeout(page.sessionTimeout) : '',
    })
  }
}

type DocumentProps = { [Slot in keyof typeof texts | keyof typeof markups]: string } & {
  assets: AssetUrls
  theme: Theme
}

const PageDocument = ({ assets, theme, title, siteName, description, footer, ...parts }: DocumentProps) => (
  <>
    {'<!doctype html>'}
    <html lang="en" data-theme={theme === 'system' ? undefined : theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content={themes[theme].colorScheme} />
        <meta
          name="htmx-config"
          content='{"mode":"same-origin","history":"reload","includeIndicatorCSS":false,"morphIgnore":["data-htmx-powered","open"]}'
        />
        <title safe>{title}</title>
        <meta name="description" content={Html.escapeHtml(description)} />
        <link rel="stylesheet" href={assets.css} />
        <link rel="icon" type="image/svg+xml" href={assets.icon} />
        <link rel="apple-touch-icon" href={assets.touchIcon} />
        <script src={assets.js} data-passkeys={assets.passkeysJs} defer />
        {unescaped(parts.script)}
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to content
        </a>
        <header>
          <a class="brand" href="/">
            {unescaped(parts.mark)}{' '}
            <span class="wide-only" safe>
              {siteName}
            </span>
          </a>
          <nav aria-label="Main">{unescaped(parts.menu)}</nav>
        </header>
        {unescaped(parts.main)}
        <footer>
          <p safe>{footer}</p>
        </footer>
        {unescaped(parts.timeout)}
      </body>
    </html>
  </>
)

const Main = ({ markup }: { markup: JSX.Element }) => (
  <main id="main" tabindex="-1">
    {unescaped(markup)}
  </main>
)

const Content = ({ body, message, notice = '', passkeys = '', ...alerts }: PageProps) =>
  insertFlash(body, message, asString(<Alerts {...alerts} />) + notice + passkeys)

const Alerts = ({ hasTheftAlert, factorResetAt }: Pick<PageProps, 'hasTheftAlert' | 'factorResetAt'>) => (
  <>
    {hasTheftAlert ? <TheftAlert /> : ''}
    {factorResetAt === undefined ? '' : <FactorResetAlert at={factorResetAt} />}
  </>
)

const pageTitle = ({ title, branding }: PageProps) => `${title} · ${branding.name}`

/** The content of `<main>` for htmx, which moves the title to the document, and the name to the header. */
export const PagePartial = (page: PageProps) => (
  <>
    <title safe>{pageTitle(page)}</title>
    {page.viewer === undefined ? '' : <AccountNameUpdate name={page.viewer.name} />}
    {unescaped(Content(page))}
  </>
)
