import { Html, printed } from './html'

/** What goes into a hole: a text, which is escaped, or markup, which was checked where it was written. */
type Kind = 'text' | 'markup'

// Control characters that nobody writes and no escaping touches, from the half of Unicode that strings keep in one byte each.
const FIRST_MARK = 0x80
const MARKS = /[\x80-\x9f]/

/**
 * Markup that is always the same but for a few holes: drawn once, with marks in their place, and from then on only filled.
 * `draw` sees the marks and never a value: it may print them, in texts and attributes, and decide nothing by them.
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

/** Markup that is always the same, in one piece: what is still in parts would be put together anew for each page. */
export const fixed = (element: JSX.Element) => template({}, () => element)({})
