import { buttonClass, type ButtonKind } from './button'
import { Html, unescaped, type Children } from './html'
import { PageUserField } from './page-user'

export type FormTarget = '#main' | '#relogin-form' | '#passkey-offer' | `#factor-${string}`

type FormProps = {
  action: string
  submit: string
  kind?: ButtonKind
  isSmall?: boolean
  /** In a box of its own. */
  isCard?: boolean
  /** Distinguishes buttons with the same text. Starts with that text (WCAG 2.5.3). */
  ariaLabel?: string
  /** Where to go after the login. */
  next?: string
  /** The user of the form, on a page without a user. */
  userId?: string
  target?: FormTarget
  /** The browser sends the form without htmx: for a download, and for a change that shows outside of the content. */
  isNative?: boolean
  /** Beside the button: a second action, or a link back. */
  extra?: JSX.Element
  children?: Children
}

/**
 * Works without scripts. With htmx, the response replaces the target, and further clicks are ignored while the request runs.
 * `novalidate`: error messages come from the server only.
 */
export const Form = ({ action, next, userId, target, isCard, isNative, extra, children, ...button }: FormProps) => (
  <form
    method="post"
    action={Html.escapeHtml(action)}
    {...(isNative ? {} : htmxAttributes(action, target))}
    novalidate
    class={isCard ? 'card stack' : children === undefined ? undefined : 'stack'}
  >
    <PageUserField userId={userId} />
    {next === undefined ? '' : <input type="hidden" name="next" value={Html.escapeHtml(next)} />}
    {unescaped(children ?? <></>)}
    {extra === undefined ? (
      <SubmitButton {...button} />
    ) : (
      <div class="actions">
        <SubmitButton {...button} />
        {unescaped(extra)}
      </div>
    )}
  </form>
)

export const htmxAttributes = (action: string, target: FormTarget = '#main') => ({
  'hx-post': Html.escapeHtml(action),
  'hx-target': target,
  'hx-sync': 'this:drop',
  'hx-disable': 'find button[type=submit]',
})

type ButtonProps = Pick<FormProps, 'submit' | 'kind' | 'isSmall' | 'ariaLabel'> & {
  isDisabled?: boolean
  /** The id of an error message about this action. */
  errorId?: string
}

/** The button of a form. While htmx sends the form, it is disabled and shows that it is busy. */
export const SubmitButton = ({ submit, kind, isSmall, ariaLabel, isDisabled, errorId }: ButtonProps) => (
  <button
    type="submit"
    class={buttonClass(kind, isSmall)}
    disabled={isDisabled}
    aria-label={ariaLabel === undefined ? undefined : Html.escapeHtml(ariaLabel)}
    aria-describedby={errorId}
    safe
  >
    {submit}
  </button>
)

/** An error of the whole form. Its fields refer to it by `errorId`. */
export const FormError = ({ id, text, markup }: { id: string; text?: string; markup?: JSX.Element }) =>
  text === undefined && markup === undefined ? null : (
    <p id={id} class="form-error" role="alert">
      {markup === undefined ? Html.escapeHtml(text ?? '') : unescaped(markup)}
    </p>
  )

/** The first field with an error. The errors are in the order of the fields. */
export const firstErrorField = <Name extends string>(errors: Partial<Record<Name, string>>, otherwise: Name) =>
  Object.entries(errors).find(([, sentence]) => sentence !== undefined)?.[0] ?? otherwise
