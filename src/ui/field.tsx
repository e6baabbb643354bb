import { emailFieldValue } from './email'
import { Html, unescaped } from './html'

type FieldProps = {
  /** Differs from the name if another field on the page has the same name. */
  id?: string
  label: string
  name: string
  type?: 'text' | 'email' | 'password'
  value?: string
  autocomplete: string
  hint?: string
  error?: string
  /** An error message that contains a link. */
  errorMarkup?: JSX.Element
  /** The id of an error message outside of the field. */
  errorId?: string
  autofocus?: boolean
  minLength?: number
  inputmode?: 'email' | 'numeric'
}

export const Field = ({
  label,
  name,
  id = name,
  type = 'text',
  value,
  hint,
  error,
  errorMarkup,
  errorId,
  autofocus,
  minLength,
  inputmode = type === 'email' ? 'email' : undefined,
  autocomplete,
}: FieldProps) => {
  const ids = { hint: `${id}-hint`, error: errorId ?? `${id}-error` }
  const isBad = error !== undefined || errorMarkup !== undefined || errorId !== undefined
  return (
    <div class="field">
      <label for={id} safe>
        {label}
      </label>
      <input
        id={id}
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
          [isBad ? ids.error : '', hint === undefined ? '' : ids.hint].filter(Boolean).join(' ') || undefined
        }
        data-min-length={minLength === undefined ? undefined : `${minLength}`}
      />
      {error === undefined ? null : (
        <small id={ids.error} class="field-error" safe>
          {error}
        </small>
      )}
      {errorMarkup === undefined ? null : (
        <small id={ids.error} class="field-error">
          {unescaped(errorMarkup)}
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

/** Tells users and password managers which account the form is for. Browsers do not submit it, because it has no name. */
export const ReadonlyEmail = ({ email }: { email: string }) => (
  <div class="field">
    <label for="email">Email</label>
    <input id="email" type="email" autocomplete="username" value={Html.escapeHtml(emailFieldValue(email))} readonly />
  </div>
)

type NewPasswordProps = Pick<FieldProps, 'label' | 'name' | 'error' | 'autofocus'> & { minLength: number }

export const NewPassword = ({ minLength, ...field }: NewPasswordProps) => (
  <Field
    type="password"
    autocomplete="new-password"
    hint={`At least ${minLength} characters. A few unrelated words work well.`}
    minLength={minLength}
    {...field}
  />
)
