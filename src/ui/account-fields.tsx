import { emailFieldValue } from './email'
import { Html } from './html'
import { Field, type FieldProps } from './field'
import { Hint } from './field-frame'

/** Tells users and password managers which account the form is for. Browsers do not submit it, because it has no name. */
export const ReadonlyEmail = ({ email, hint }: { email: string; hint?: string }) => (
  <div class="field">
    <label for="email">Email</label>
    <input
      id="email"
      type="email"
      autocomplete="username"
      aria-describedby={hint === undefined ? undefined : 'email-hint'}
      value={Html.escapeHtml(emailFieldValue(email))}
      readonly
    />
    <Hint id="email-hint" text={hint} />
  </div>
)

type NewPasswordProps = Pick<FieldProps, 'label' | 'name' | 'error' | 'autofocus'> & { minLength: number }

/** A password that the user chooses. The hint names the rule before the user types. */
export const NewPassword = ({ minLength, ...field }: NewPasswordProps) => (
  <Field
    type="password"
    autocomplete="new-password"
    hint={`At least ${minLength} characters. A few unrelated words work well.`}
    minLength={minLength}
    {...field}
  />
)

export const WRONG_CODE_TEXT = 'That code isn’t right. Use the 8 digits from our most recent email.'

/** The 8 digits of a mail. Phones offer the code above the keyboard. */
export const CodeField = (field: Pick<FieldProps, 'error' | 'errorId' | 'autofocus'>) => (
  <Field label="Code" name="code" autocomplete="one-time-code" inputmode="numeric" hint="8 digits" {...field} />
)
