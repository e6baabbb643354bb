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

export type ControlProps = FrameProps & {
  value?: string
  autofocus?: boolean
  /** `off`, or a token of the HTML standard such as `email` or `street-address`. */
  autocomplete?: string
  autocapitalize?: 'none' | 'sentences' | 'words'
  spellcheck?: boolean
}

export type AffixProps = {
  /** Shown before the control on the same line, for example a currency. */
  prefix?: string
  /** Shown after the control on the same line, for example a unit. */
  suffix?: string
}

/** The ids that connect a field with its texts (WCAG 1.3.1, 3.3.1). */
export function describeField({
  name,
  id = name,
  hint,
  error,
  errorMarkup,
  errorId,
  prefix,
  suffix,
}: FrameProps & AffixProps) {
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

type Ids = ReturnType<typeof describeField>['ids']

/** Label, control, error and hint. The error stands next to its control. */
export const Frame = ({ ids, field, children }: { ids: Ids; field: FrameProps; children: Children }) => (
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
