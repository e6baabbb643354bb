import { Html } from './html'

type ChoicesProps = {
  legend: string
  name: string
  choices: readonly { value: string; text: string; hint: string }[]
  chosen: readonly string[]
  mistake?: string
  autofocus?: boolean
}

export const Choices = ({ legend, name, choices, chosen, mistake, autofocus }: ChoicesProps) => (
  <fieldset class="choices" aria-describedby={mistake === undefined ? undefined : `${name}-error`}>
    <legend safe>{legend}</legend>
    {choices.map(({ value, text, hint }, i) => (
      <label class="check">
        <input
          type="checkbox"
          name={name}
          value={value}
          checked={chosen.includes(value)}
          aria-invalid={mistake === undefined ? undefined : 'true'}
          aria-describedby={mistake === undefined ? undefined : `${name}-error`}
          autofocus={autofocus && i === 0}
        />
        <span>
          <code safe>{text}</code> <small safe>{hint}</small>
        </span>
      </label>
    ))}
    {mistake === undefined ? null : (
      <small id={`${name}-error`} class="mistake" safe>
        {mistake}
      </small>
    )}
  </fieldset>
)
