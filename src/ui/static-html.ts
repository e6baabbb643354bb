import { Html, printed } from './html'

/** `text` is escaped, `markup` is inserted as it is. */
type Kind = 'text' | 'markup'

// C1 control characters: escaping keeps them, and strings of them need one byte per character.
const FIRST_MARK = 0x80
const MARKS = /[\x80-\x9f]/

/**
 * Renders `draw` once with markers and returns a function that replaces the markers by values. `draw` never sees a value, so
 * it must not branch on its arguments.
 */
export function template<Name extends string>(
  holes: Record<Name, Kind>,
  draw: (marks: Record<Name, string>) => JSX.Element,
) {
  const marks: Record<Name, string> = { ...holes }
  const nameOf = new Map<string, Name>()
  for (const name in holes) nameOf.set((marks[name] = String.fromCharCode(FIRST_MARK + nameOf.size)), name)
  const html = printed(draw(marks))
  const names = [...html].flatMap((letter) => nameOf.get(letter) ?? [])
  const [first = '', ...rest] = html.split(MARKS)
  const pieces = names.map((name, i) => ({ name, isText: holes[name] === 'text', after: rest[i] ?? '' }))
  return (values: Record<Name, JSX.Element>) => {
    let filled = first
    for (const { name, isText, after } of pieces) {
      const value = printed(values[name])
      filled += (isText ? Html.escapeHtml(value) : value) + after
    }
    return filled
  }
}

/** Joins static markup into one string, so that it is not joined again for each page. */
export const fixed = (element: JSX.Element) => template({}, () => element)({})
