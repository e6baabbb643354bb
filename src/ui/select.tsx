import { Html, unescaped } from './html'
import { describeField, Frame, type ControlProps } from './field-frame'

/** A choice. `value` is what the browser sends. */
export type Option = { value: string; text: string; hint?: string }

/** One of many; `RadioGroup` suits a few. `button`, if present, stands on the same line. */
export const Select = ({
  options,
  button,
  ...props
}: ControlProps & { options: readonly Option[]; button?: JSX.Element }) => {
  const { ids, describedBy, invalid } = describeField(props)
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
