import type { Option } from './field'
import { Html } from './html'

type CheckboxProps = {
  label: string
  name: string
  /** The value that the browser sends if the box is checked. */
  value?: string
  isChecked?: boolean
  hint?: string
  error?: string
  autofocus?: boolean
}

export const Checkbox = ({ label, name, value = 'yes', isChecked, hint, error, autofocus }: CheckboxProps) => (
  <div>
    <label class="check">
      <input
        type="checkbox"
        name={name}
        value={Html.escapeHtml(value)}
        checked={isChecked}
        autofocus={autofocus}
        aria-invalid={error === undefined ? undefined : 'true'}
        aria-describedby={error === undefined ? undefined : `${name}-error`}
      />
      <ChoiceText text={label} hint={hint} />
    </label>
    <GroupError name={name} error={error} />
  </div>
)

type GroupProps = {
  legend: string
  name: string
  options: readonly Option[]
  hint?: string
  error?: string
  autofocus?: boolean
}

/** Any number of choices. */
export const CheckboxGroup = ({ selected, ...props }: GroupProps & { selected: readonly string[] }) => (
  <ChoiceGroup {...props} type="checkbox" selected={selected} />
)

/** One of a few choices. */
export const RadioGroup = ({ selected, ...props }: GroupProps & { selected: string }) => (
  <ChoiceGroup {...props} type="radio" selected={[selected]} />
)

type ChoiceGroupProps = GroupProps & { type: 'checkbox' | 'radio'; selected: readonly string[] }

const ChoiceGroup = ({ legend, name, options, hint, error, autofocus, type, selected }: ChoiceGroupProps) => {
  const describedBy = [error === undefined ? '' : `${name}-error`, hint === undefined ? '' : `${name}-hint`]
    .filter(Boolean)
    .join(' ')
  return (
    <fieldset aria-describedby={describedBy || undefined}>
      <legend safe>{legend}</legend>
      <div class={options.some((option) => option.hint) ? undefined : 'inline'}>
        {options.map(({ value, text, ...option }, i) => (
          <label class="check">
            <input
              type={type}
              name={name}
              value={Html.escapeHtml(value)}
              checked={selected.includes(value)}
              autofocus={autofocus && i === 0}
              aria-invalid={error === undefined ? undefined : 'true'}
              aria-describedby={error === undefined ? undefined : `${name}-error`}
            />
            <ChoiceText text={text} hint={option.hint} />
          </label>
        ))}
      </div>
      <GroupError name={name} error={error} />
      {hint === undefined ? (
        ''
      ) : (
        <small id={`${name}-hint`} class="hint" safe>
          {hint}
        </small>
      )}
    </fieldset>
  )
}

const GroupError = ({ name, error }: { name: string; error?: string }) =>
  error === undefined ? (
    ''
  ) : (
    <small id={`${name}-error`} class="field-error" safe>
      {error}
    </small>
  )

const ChoiceText = ({ text, hint }: { text: string; hint?: string }) =>
  hint === undefined ? (
    Html.escapeHtml(text)
  ) : (
    <span>
      {Html.escapeHtml(text)}
      <small class="hint" safe>
        {hint}
      </small>
    </span>
  )
