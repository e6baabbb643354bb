import { Html } from './html'

type CheckboxGroupProps = {
  legend: string
  name: string
  options: readonly { value: string; text: string; hint: string }[]
  selected: readonly string[]
  error?: string
  autofocus?: boolean
}

export const CheckboxGroup = ({ legend, name, options, selected, error, autofocus }: CheckboxGroupProps) => (
  <fieldset class="checkbox-group" aria-describedby={error === undefined ? undefined : `${name}-error`}>
    <legend safe>{legend}</legend>
    {options.map(({ value, text, hint }, i) => (
      <label class="check">
        <input
          type="checkbox"
          name={name}
          value={value}
          checked={selected.includes(value)}
          aria-invalid={error === undefined ? undefined : 'true'}
          aria-describedby={error === undefined ? undefined : `${name}-error`}
          autofocus={autofocus && i === 0}
        />
        <span>
          <code safe>{text}</code> <small safe>{hint}</small>
        </span>
      </label>
    ))}
    {error === undefined ? null : (
      <small id={`${name}-error`} class="field-error" safe>
        {error}
      </small>
    )}
  </fieldset>
)
