import { Html, slot, type Children } from './html'

type FormProps = {
  action: string
  submit: string
  /** The button's name where several on a page say the same; begins with what the button says. */
  label?: string
  next?: string
  /** Where htmx puts the answer. */
  target?: '#main' | '#again-card'
  /** What it does cannot be undone, or hurts somebody. */
  isGrave?: boolean
  /** It stands beside another that is more likely meant. */
  isQuiet?: boolean
  children?: Children
}

/**
 * Posts like any form. With htmx the answer takes the place of what <main> holds; the button is disabled while the request
 * runs, and a second click counts for nothing. The browser's own bubbles are off: one voice says what is wrong, ours.
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

/** A sentence about the form as a whole; its fields point at it. */
export const FormMistake = ({ id, text }: { id: string; text?: string }) =>
  text === undefined ? null : (
    <p id={id} class="mistake" role="alert" safe>
      {text}
    </p>
  )

/** Which field to focus: the first that has a mistake, else this one. The mistakes stand in the order of the fields. */
export const focusOf = <Name extends string>(mistakes: Partial<Record<Name, string>>, otherwise: Name) =>
  Object.entries(mistakes).find(([, sentence]) => sentence !== undefined)?.[0] ?? otherwise
