import { Html, slot, type Children } from './html'

type FormProps = {
  action: string
  submit: string
  /** Distinguishes buttons with the same text. Starts with that text (WCAG 2.5.3). */
  label?: string
  next?: string
  target?: '#main' | '#relogin-form'
  /** Irreversible or harmful. */
  isGrave?: boolean
  isQuiet?: boolean
  children?: Children
}

/**
 * Works without scripts. With htmx, the response replaces the target, and further clicks are ignored while the request runs.
 * `novalidate`: error messages come from the server only.
 */
export const Form = ({ action, submit, label, next, target = '#main', isGrave, isQuiet, children }: FormProps) => (
  <form
    method="post"
    action={action}
    hx-post={action}
    hx-target={target}
    hx-sync="this:drop"
    hx-disable="find button[type=submit]"
    novalidate
  >
    {next === undefined ? null : <input type="hidden" name="next" value={Html.escapeHtml(next)} />}
    {slot(children ?? <></>)}
    <button
      type="submit"
      class={isGrave ? 'grave' : isQuiet ? 'quiet' : undefined}
      aria-label={label === undefined ? undefined : Html.escapeHtml(label)}
      safe
    >
      {submit}
    </button>
  </form>
)

/** An error of the whole form. Its fields refer to it by `mistakeId`. */
export const FormMistake = ({ id, text }: { id: string; text?: string }) =>
  text === undefined ? null : (
    <p id={id} class="mistake" role="alert" safe>
      {text}
    </p>
  )

/** The first field with an error. The errors are in the order of the fields. */
export const focusOf = <Name extends string>(mistakes: Partial<Record<Name, string>>, otherwise: Name) =>
  Object.entries(mistakes).find(([, sentence]) => sentence !== undefined)?.[0] ?? otherwise
