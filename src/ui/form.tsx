import { Html, unescaped, type Children } from './html'
import { PageUserField } from './page-user'

type FormProps = {
  action: string
  submit: string
  /** Distinguishes buttons with the same text. Starts with that text (WCAG 2.5.3). */
  ariaLabel?: string
  /** Where to go after the login. */
  next?: string
  /** The user of the form, on a page without a user. */
  userId?: string
  target?: '#main' | '#relogin-form'
  /** Irreversible or harmful. */
  isDanger?: boolean
  isSecondary?: boolean
  children?: Children
}

/**
 * Works without scripts. With htmx, the response replaces the target, and further clicks are ignored while the request runs.
 * `novalidate`: error messages come from the server only.
 */
export const Form = ({
  action,
  submit,
  ariaLabel,
  next,
  userId,
  target = '#main',
  isDanger,
  isSecondary,
  children,
}: FormProps) => (
  <form
    method="post"
    action={action}
    hx-post={action}
    hx-target={target}
    hx-sync="this:drop"
    hx-disable="find button[type=submit]"
    novalidate
  >
    <PageUserField userId={userId} />
    {next === undefined ? null : <input type="hidden" name="next" value={Html.escapeHtml(next)} />}
    {unescaped(children ?? <></>)}
    <button
      type="submit"
      class={isDanger ? 'danger' : isSecondary ? 'secondary' : undefined}
      aria-label={ariaLabel === undefined ? undefined : Html.escapeHtml(ariaLabel)}
      safe
    >
      {submit}
    </button>
  </form>
)

/** An error of the whole form. Its fields refer to it by `errorId`. */
export const FormError = ({ id, text }: { id: string; text?: string }) =>
  text === undefined ? null : (
    <p id={id} class="form-error" role="alert" safe>
      {text}
    </p>
  )

/** The first field with an error. The errors are in the order of the fields. */
export const firstErrorField = <Name extends string>(errors: Partial<Record<Name, string>>, otherwise: Name) =>
  Object.entries(errors).find(([, sentence]) => sentence !== undefined)?.[0] ?? otherwise
