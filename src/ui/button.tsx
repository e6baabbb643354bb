import { Html } from './html'

/** One primary button per view. `danger` is filled only on a confirmation; elsewhere it is `secondary-danger`. */
export type ButtonKind = 'primary' | 'secondary' | 'danger' | 'secondary-danger' | 'link'

export const buttonClass = (kind: ButtonKind = 'primary', isSmall = false) =>
  [kind === 'primary' ? '' : kind.replace('-', ' '), isSmall ? 'small' : ''].filter(Boolean).join(' ') || undefined

type LinkButtonProps = {
  href: string
  text: string
  kind?: Exclude<ButtonKind, 'link'>
  isSmall?: boolean
  /** Distinguishes links with the same text. Starts with that text (WCAG 2.5.3). */
  ariaLabel?: string
  /** Opens a confirmation page in a dialog, if scripts run. */
  opensDialog?: boolean
  /** The id of an error message about this action. The link gets the focus. */
  errorId?: string
  /** For a page that requires a fresh login: `public/relogin.js` asks for the password in a dialog on the current page. */
  asksForPassword?: boolean
  /** Closes the dialog, if the link is in one. */
  closesDialog?: boolean
  /** Goes back in the history, if scripts run. */
  goesBack?: boolean
}

/** A link that looks like a button: it opens a page and changes nothing. */
export const LinkButton = ({ href, text, kind, isSmall, ariaLabel, errorId, ...behavior }: LinkButtonProps) => (
  <a
    href={Html.escapeHtml(href)}
    class={['button', buttonClass(kind, isSmall)].filter(Boolean).join(' ')}
    aria-label={ariaLabel === undefined ? undefined : Html.escapeHtml(ariaLabel)}
    aria-describedby={errorId}
    data-dialog={behavior.opensDialog}
    data-close={behavior.closesDialog}
    data-back={behavior.goesBack}
    hx-get={behavior.asksForPassword ? Html.escapeHtml(href) : undefined}
    hx-target={behavior.asksForPassword ? '#main' : undefined}
    hx-push-url={behavior.asksForPassword ? 'true' : undefined}
    {...(behavior.closesDialog || errorId ? { autofocus: true } : {})}
    safe
  >
    {text}
  </a>
)
