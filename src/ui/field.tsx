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

/** The ids that connect a field with its texts (WCAG 1.3.1, 3.3.1). */
function describe({ name, id = name, hint, error, errorMarkup, errorId }: FrameProps) {
  const ids = { control: id, hint: `${id}-hint`, error: errorId ?? `${id}-error` }
  const isBad = error !== undefined || errorMarkup !== undefined || errorId !== undefined
  const describedBy = [isBad ? ids.error : '', hint === undefined ? '' : ids.hint].filter(Boolean).join(' ')
  return { ids, isBad, describedBy: describedBy || undefined, invalid: isBad ? ('true' as const) : undefined }
}

const ErrorText = ({ id, error, markup }: { id: string; error?: string; markup?: JSX.Element }) =>
  error === undefined && markup === undefined ? (
    ''
  ) : (
    <small id={id} class="field-error">
      {markup === undefined ? Html.escapeHtml(error ?? '') : unescaped(markup)}
    </small>
  )

const Hint = ({ id, text }: { id: string; text?: string }) =>
  text === undefined ? (
    ''
  ) : (
    <small id={id} class="hint" safe>
      {text}
    </small>
  )

const Optional = ({ isOptional }: { isOptional?: boolean }) =>
  isOptional ? <span class="muted"> (optional)</span> : ''

/** Label, control, error and hint. */
const Frame = ({ children, ...props }: FrameProps & { children: Children }) => {
  const { ids } = describe(props)
  return (
    <div class="field">
      <label for={ids.control}>
        {Html.escapeHtml(props.label)}
        <Optional isOptional={props.isOptional} />
      </label>
      {unescaped(children)}
      <ErrorText id={ids.error} error={props.error} markup={props.errorMarkup} />
      <Hint id={ids.hint} text={props.hint} />
    </div>
  )
}

type FieldProps = ControlProps & {
  type?: 'text' | 'email' | 'password' | 'number' | 'date' | 'url' | 'tel'
  inputmode?: 'email' | 'numeric' | 'decimal' | 'tel' | 'url'
  /** Shown inside of the line, for example a currency. */
  prefix?: string
  suffix?: string
  min?: string
  max?: string
  isReadonly?: boolean
  /** For a new password: `public/app.js` counts the missing characters. */
  minLength?: number
}

const defaultInputmode = { email: 'email', number: 'numeric', tel: 'tel', url: 'url' } as const

const isProse = (type: FieldProps['type']) => type === undefined || type === 'text'

/** One line of text, a number or a date. The server validates it: browsers do not check forms with `novalidate`. */
export const Field = ({ prefix, suffix, ...props }: FieldProps) => (
  <Frame {...props}>
    {prefix === undefined && suffix === undefined ? (
      <Input {...props} />
    ) : (
      <div class="joined">
        <Affix text={prefix} />
        <Input {...props} />
        <Affix text={suffix} />
      </div>
    )}
  </Frame>
)

const Affix = ({ text }: { text?: string }) =>
  text === undefined ? (
    ''
  ) : (
    <span class="affix" safe>
      {text}
    </span>
  )

const Input = (props: Omit<FieldProps, 'prefix' | 'suffix'>) => {
  const { ids, describedBy, invalid } = describe(props)
  const { type = 'text', value, minLength, inputmode = { ...defaultInputmode, ...noInputmode }[type] } = props
  return (
    <input
      id={ids.control}
      name={props.name}
      type={type}
      value={value === undefined ? undefined : Html.escapeHtml(value)}
      autocomplete={props.autocomplete ?? 'off'}
      autocapitalize={props.autocapitalize ?? (isProse(type) ? 'sentences' : 'none')}
      spellcheck={props.spellcheck ? 'true' : 'false'}
      inputmode={inputmode}
      min={props.min}
      max={props.max}
      required={!props.isOptional}
      readonly={props.isReadonly}
      autofocus={props.autofocus}
      aria-invalid={invalid}
      aria-describedby={describedBy}
      data-min-length={minLength === undefined ? undefined : `${minLength}`}
    />
  )
}

const noInputmode = { text: undefined, password: undefined, date: undefined } as const

/** Several lines of text. */
export const TextArea = ({ rows = 4, ...props }: ControlProps & { rows?: number }) => {
  const { ids, describedBy, invalid } = describe(props)
  return (
    <Frame {...props}>
      <textarea
        id={ids.control}
        name={props.name}
        rows={`${rows}`}
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

export type Option = { value: string; text: string; hint?: string }

/** One of many. `button`, if present, stands on the same line. */
export const Select = ({ options, button, ...props }: ControlProps & { options: Option[]; button?: JSX.Element }) => {
  const { ids, describedBy, invalid } = describe(props)
  const select = (
    <select
      id={ids.control}
      name={props.name}
      autocomplete={props.autocomplete}
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
    <Frame {...props}>
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

export const NewPassword = ({ minLength, ...field }: NewPasswordProps) => (
  <Field
    type="password"
    autocomplete="new-password"
    hint={`At least ${minLength} characters. A few unrelated words work well.`}
    minLength={minLength}
    {...field}
  />
)
