import { Html, slot } from './html'

type FieldProps = {
  /** Its name, unless the page may have another of that. */
  id?: string
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
  id = name,
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
  const ids = { hint: `${id}-hint`, mistake: mistakeId ?? `${id}-error` }
  const isBad = mistake !== undefined || mistakeMarkup !== undefined || mistakeId !== undefined
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
