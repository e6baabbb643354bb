import { Html, slot, type Children } from './html'

type FormProps = {
  action: string
  submit: string
  /** The button's name where several on a page say the same; begins with what the button says. */
  label?: string
  next?: string
  /** What it does cannot be undone, or hurts somebody. */
  isGrave?: boolean
  children?: Children
}

/**
 * Posts like any form. With htmx the answer takes the place of what <main> holds; the button is disabled while the request
 * runs, and a second click counts for nothing. The browser's own bubbles are off: one voice says what is wrong, ours.
 */
export const Form = ({ action, submit, label, next, isGrave, children }: FormProps) => (
  <form
    method="post"
    action={action}
    hx-post={action}
    hx-target="#main"
    hx-sync="this:drop"
    hx-disable="find button[type=submit]"
    novalidate
  >
    {next === undefined ? null : <input type="hidden" name="next" value={Html.escapeHtml(next)} />}
    {slot(children ?? <></>)}
    <button
      type="submit"
      class={isGrave ? 'grave' : undefined}
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

type FieldProps = {
  label: string
  name: string
  type?: 'text' | 'email' | 'password'
  value?: string
  autocomplete: string
  /** How to fill it in; read out with the field. */
  hint?: string
  /** What is wrong with it. */
  mistake?: string
  /** The same, where the sentence holds a link. */
  mistakeMarkup?: JSX.Element
  /** The id of a sentence that stands elsewhere and is about this field too. */
  mistakeId?: string
  autofocus?: boolean
  minLength?: number
  inputmode?: 'email' | 'numeric'
}

export const Field = ({
  label,
  name,
  type = 'text',
  value,
  hint,
  mistake,
  mistakeMarkup,
  mistakeId,
  autofocus,
  minLength,
  inputmode = type === 'email' ? 'email' : undefined,
  autocomplete,
}: FieldProps) => {
  const ids = { hint: `${name}-hint`, mistake: mistakeId ?? `${name}-error` }
  const isBad = mistake !== undefined || mistakeMarkup !== undefined || mistakeId !== undefined
  return (
    <div class="field">
      <label for={name} safe>
        {label}
      </label>
      <input
        id={name}
        name={name}
        type={type}
        value={value === undefined ? undefined : Html.escapeHtml(value)}
        autocomplete={autocomplete}
        autocapitalize={type === 'text' ? 'words' : 'none'}
        spellcheck="false"
        inputmode={inputmode}
        required
        autofocus={autofocus}
        aria-invalid={isBad ? 'true' : undefined}
        aria-describedby={
          [isBad ? ids.mistake : '', hint === undefined ? '' : ids.hint].filter(Boolean).join(' ') || undefined
        }
        data-min-length={minLength === undefined ? undefined : `${minLength}`}
      />
      {mistake === undefined ? null : (
        <small id={ids.mistake} class="mistake" safe>
          {mistake}
        </small>
      )}
      {mistakeMarkup === undefined ? null : (
        <small id={ids.mistake} class="mistake">
          {slot(mistakeMarkup)}
        </small>
      )}
      {hint === undefined ? null : (
        <small id={ids.hint} safe>
          {hint}
        </small>
      )}
    </div>
  )
}

/** Whose form this is: seen by the person, and by the password manager that picks the account by it. It is not sent. */
export const ReadonlyEmail = ({ email }: { email: string }) => (
  <div class="field">
    <label for="email">Email</label>
    <input id="email" type="email" autocomplete="username" value={Html.escapeHtml(email)} readonly />
  </div>
)

type NewPasswordProps = Pick<FieldProps, 'label' | 'name' | 'mistake' | 'autofocus'> & { minLength: number }

/** A password to be chosen: it says beforehand what will be asked of it. */
export const NewPassword = ({ minLength, ...field }: NewPasswordProps) => (
  <Field
    type="password"
    autocomplete="new-password"
    hint={`At least ${minLength} characters. A few unrelated words work well.`}
    minLength={minLength}
    {...field}
  />
)

/** Which field to focus: the first that has a mistake, else this one. The mistakes stand in the order of the fields. */
export const focusOf = <Name extends string>(mistakes: Partial<Record<Name, string>>, otherwise: Name) =>
  Object.entries(mistakes).find(([, sentence]) => sentence !== undefined)?.[0] ?? otherwise
