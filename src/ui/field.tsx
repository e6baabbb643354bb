import { Html, unescaped } from './html'
import { describeField, Frame, type ControlProps, type AffixProps } from './field-frame'

type FieldType = 'text' | 'email' | 'password' | 'number' | 'date' | 'url' | 'tel'

export type FieldProps = ControlProps &
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
  const { ids, describedBy, invalid } = describeField(props)
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
  const { ids, describedBy, invalid } = describeField(props)
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
