import { ErrorText, Hint, Optional, describedByOf } from './field-frame'
import type { Option } from './select'
import { Html } from './html'

type CheckboxProps = {
  label: string
  name: string
  /** The start of the ids of hint and error, if another field on the page has the same name. */
  id?: string
  /** The value that the browser sends if the box is checked. */
  value?: string
  isChecked?: boolean
  hint?: string
  error?: string
  autofocus?: boolean
}

/** One yes-or-no choice. The browser sends nothing if the box is not checked. */
export const Checkbox = ({ label, hint, error, ...props }: CheckboxProps) => {
  const { name, id = name, value = 'yes', isChecked, autofocus } = props
  return (
    <div>
      <label class="check">
        <input
          type="checkbox"
          name={name}
          value={Html.escapeHtml(value)}
          checked={isChecked}
          autofocus={autofocus}
          aria-invalid={error === undefined ? undefined : 'true'}
          aria-describedby={describedByOf([error, `${id}-error`], [hint, `${id}-hint`])}
        />
        {Html.escapeHtml(label)}
      </label>
      <Hint id={`${id}-hint`} text={hint} />
      <ErrorText id={`${id}-error`} error={error} />
    </div>
  )
}

type GroupProps = {
  legend: string
  name: string
  /** The start of the ids of hints and error, if another field on the page has the same name. */
  id?: string
  options: readonly Option[]
  isOptional?: boolean
  hint?: string
  error?: string
  autofocus?: boolean
}

/** Any number of choices. */
export const CheckboxGroup = ({ selected, ...props }: GroupProps & { selected: readonly string[] }) => (
  <ChoiceGroup {...props} type="checkbox" selected={selected} />
)

/** One of a few choices. Without a selected one, the browser may send nothing. */
export const RadioGroup = ({ selected, ...props }: GroupProps & { selected?: string }) => (
  <ChoiceGroup {...props} type="radio" selected={selected === undefined ? [] : [selected]} />
)

type ChoiceGroupProps = GroupProps & { type: 'checkbox' | 'radio'; selected: readonly string[] }

/** The controls have the error, not the group: otherwise screen readers announce it twice. */
const ChoiceGroup = ({ legend, hint, error, ...props }: ChoiceGroupProps) => {
  const { name, id = name, options, isOptional, autofocus, type, selected } = props
  return (
    <fieldset aria-describedby={describedByOf([hint, `${id}-hint`])}>
      <legend>
        {Html.escapeHtml(legend)}
        <Optional isOptional={isOptional} />
      </legend>
      <div class={options.some((option) => option.hint) ? undefined : 'inline'}>
        {options.map(({ value, text, ...option }, i) => (
          <>
            <label class="check">
              <input
                type={type}
                name={name}
                value={Html.escapeHtml(value)}
                checked={selected.includes(value)}
                autofocus={autofocus && i === 0}
                aria-invalid={error === undefined ? undefined : 'true'}
                aria-describedby={describedByOf([error, `${id}-error`], [option.hint, `${id}-${i}-hint`])}
              />
              {Html.escapeHtml(text)}
            </label>
            <Hint id={`${id}-${i}-hint`} text={option.hint} />
          </>
        ))}
      </div>
      <ErrorText id={`${id}-error`} error={error} />
      <Hint id={`${id}-hint`} text={hint} />
    </fieldset>
  )
}
