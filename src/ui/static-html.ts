import { Html, asString } from './html'

/** `text` is escaped, `markup` is inserted as it is. */
type Kind = 'text' | 'markup'

// C1 control characters: escaping keeps them, and strings of them need one byte per character.
const FIRST_MARKER = 0x80
const MARKERS = /[\x80-\x9f]/

/**
 * Renders `render` once with markers and returns a function that replaces the markers by values. `render` never sees a value, so
 * it must not branch on its arguments.
 */
export function staticHtmlWithSlots<Name extends string>(
  slots: Record<Name, Kind>,
  render: (markers: Record<Name, string>) => JSX.Element,
) {
  const markers: Record<Name, string> = { ...slots }
  const nameOf = new Map<string, Name>()
  for (const name in slots) nameOf.set((markers[name] = String.fromCharCode(FIRST_MARKER + nameOf.size)), name)
  const html = asString(render(markers))
  const names = [...html].flatMap((character) => nameOf.get(character) ?? [])
  const [first = '', ...rest] = html.split(MARKERS)
  const pieces = names.map((name, i) => ({ name, isText: slots[name] === 'text', after: rest[i] ?? '' }))
  return (values: Record<Name, JSX.Element>) => {
    let filled = first
    for (const { name, isText, after } of pieces) {
      const value = asString(values[name])
      filled += (isText ? Html.escapeHtml(value) : value) + after
    }
    return filled
  }
}

/** Joins static markup into one string, so that it is not joined again for each page. */
export const staticHtml = (element: JSX.Element) => staticHtmlWithSlots({}, () => element)({})

/** Renders once per key. The markup stays in memory, so keys come from a closed list. Neither contains data of a user. */
export function staticHtmlByKey() {
  const rendered = new Map<string, string>()
  return (key: string, render: () => JSX.Element) => {
    const markup = rendered.get(key) ?? staticHtml(render())
    rendered.set(key, markup)
    return markup
  }
}
