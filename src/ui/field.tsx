import { emailFieldValue } from './email'
import { Html, unescaped, type Children } from './html'

type FrameProps = {
  label: string
  name: string
  /** Differs from the name if another field on the page has the same name. */
  id?: string
  isOptional?: boolean
  hint?: string
  error?: string
  /** An error message that contains a link. */
  errorMarkup?: JSX.Element
  /** The id of an error message outside of the field. */
  errorId?: string
}

type ControlProps = FrameProps & {
  value?: string
  autofocus?: boolean
  /** `off`, or a token of the HTML standard such as `email` or `street-address`. */
  autocomplete?: string
  autocapitalize?: 'none' | 'sentences' | 'words'
  spellcheck?: boolean
}

type AffixProps = {
  /** Shown before the control on the same line, for example a currency. */
  prefix?: string
  /** Shown after the control on the same line, for example a unit. */
  suffix?: string
}

/** The ids that connect a field with its texts (WCAG 1.3.1, 3.3.1). */
function describe({ name, id = name, hint, error, errorMarkup, errorId, prefix, suffix }: FrameProps & AffixProps) {
  const ids = {
    control: id,
    error: errorId ?? `${id}-error`,
    prefix: `${id}-prefix`,
    suffix: `${id}-suffix`,
    hint: `${id}-hint`,
  }
  const isInvalid = error !== undefined || errorMarkup !== undefined || errorId !== undefined
  const describedBy = describedByOf(
    [isInvalid, ids.error],
    [prefix, ids.prefix],
    [suffix, ids.suffix],
    [hint, ids.hint],
  )
  return { ids, describedBy, invalid: isInvalid ? ('true' as const) : undefined }
}

/** The ids of the texts that exist. */
export const describedByOf = (...texts: [text: unknown, id: string][]) =>
  texts.flatMap(([text, id]) => (text === undefined || text === false ? [] : [id])).join(' ') || undefined

export const ErrorText = ({ id, error, markup }: { id: string; error?: string; markup?: JSX.Element }) =>
  error === undefined && markup === undefined ? (
    ''
  ) : (
    <small id={id} class="field-error">
      {markup === undefined ? Html.escapeHtml(error ?? '') : unescaped(markup)}
    </small>
  )

export const Hint = ({ id, text }: { id: string; text?: string }) =>
  text === undefined ? (
    ''
  ) : (
    <small id={id} class="hint" safe>
      {text}
    </small>
  )

export const Optional = ({ isOptional }: { isOptional?: boolean }) =>
  isOptional ? <span class="muted"> (optional)</span> : ''

type Ids = ReturnType<typeof describe>['ids']

/** Label, control, error and hint. The error stands next to its control. */
const Frame = ({ ids, field, children }: { ids: Ids; field: FrameProps; children: Children }) => (
  <div class="field">
    <label for={ids.control}>
      {Html.escapeHtml(field.label)}
      <Optional isOptional={field.isOptional} />
    </label>
    {unescaped(children)}
    <ErrorText id={ids.error} error={field.error} markup={field.errorMarkup} />
    <Hint id={ids.hint} text={field.hint} />
  </div>
)

type FieldType = 'text' | 'email' | 'password' | 'number' | 'date' | 'url' | 'tel'

type FieldProps = ControlProps &
  AffixProps & {
    type?: FieldType
    inputmode?: 'email' | 'numeric' | 'decimal' | 'tel' | 'url'
    min?: string
    max?: string
    isReadonly?: boolean
    /** For a new password: `public/fields.js` counts the missing characters. */
    minLength?: number
  }

const defaultInputmode: { [Type in FieldType]?: FieldProps['inputmode'] } = {
  email: 'email',
  number: 'numeric',
  tel: 'tel',
  url: 'url',
}

/** One line of text, a number or a date. The server validates it: browsers do not check forms with `novalidate`. */
export const Field = (props: FieldProps) => {
  const { ids, describedBy, invalid } = describe(props)
  const { prefix, suffix, type = 'text', value, minLength, inputmode = defaultInputmode[type] } = props
  const input = (
    <input
      id={ids.control}
      name={props.name}
      type={type}
      value={value === undefined ? undefined : Html.escapeHtml(value)}
      autocomplete={props.autocomplete ?? 'off'}
      autocapitalize={props.autocapitalize ?? (type === 'text' ? 'sentences' : 'none')}
      spellcheck={props.spellcheck ? 'true' : 'false'}
      inputmode={inputmode}
      min={props.min}
      max={props.max}
      required={!props.isOptional}
      readonly={props.isReadonly}
      dir={type === 'text' ? 'auto' : undefined}
      autofocus={props.autofocus}
      aria-invalid={invalid}
      aria-describedby={describedBy}
      data-min-length={minLength === undefined ? undefined : `${minLength}`}
    />
  )
  return (
    <Frame ids={ids} field={props}>
      {prefix === undefined && suffix === undefined ? (
        unescaped(input)
      ) : (
        <div class="joined">
          <Affix id={ids.prefix} text={prefix} />
          {unescaped(input)}
          <Affix id={ids.suffix} text={suffix} />
        </div>
      )}
    </Frame>
  )
}

const Affix = ({ id, text }: { id: string; text?: string }) =>
  text === undefined ? (
    ''
  ) : (
    <span id={id} class="affix" safe>
      {text}
    </span>
  )

/** Several lines of text. */
export const TextArea = ({ rows = 4, ...props }: ControlProps & { rows?: number }) => {
  const { ids, describedBy, invalid } = describe(props)
  return (
    <Frame ids={ids} field={props}>
      <textarea
        id={ids.control}
        name={props.name}
        rows={`${rows}`}
        dir="auto"
        {...{ autocomplete: props.autocomplete ?? 'off' }}
        autocapitalize={props.autocapitalize ?? 'sentences'}
        spellcheck={props.spellcheck === false ? 'false' : 'true'}
        required={!props.isOptional}
        autofocus={props.autofocus}
        aria-invalid={invalid}
        aria-describedby={describedBy}
        safe
      >
        {
          // The parser of HTML drops a line break at the start.
          `\n${props.value ?? ''}`
        }
      </textarea>
    </Frame>
  )
}

/** A choice. `value` is what the browser sends. */
export type Option = { value: string; text: string; hint?: string }

/** One of many; `RadioGroup` suits a few. `button`, if present, stands on the same line. */
export const Select = ({
  options,
  button,
  ...props
}: ControlProps & { options: readonly Option[]; button?: JSX.Element }) => {
  const { ids, describedBy, invalid } = describe(props)
  const select = (
    <select
      id={ids.control}
      name={props.name}
      autocomplete={props.autocomplete ?? 'off'}
      required={!props.isOptional}
      autofocus={props.autofocus}
      aria-invalid={invalid}
      aria-describedby={describedBy}
    >
      {options.map(({ value, text }) => (
        <option value={Html.escapeHtml(value)} selected={value === props.value} safe>
          {text}
        </option>
      ))}
    </select>
  )
  return (
    <Frame ids={ids} field={props}>
      {button === undefined ? (
        unescaped(select)
      ) : (
        <div class="joined">
          {unescaped(select)}
          {unescaped(button)}
        </div>
      )}
    </Frame>
  )
}

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
