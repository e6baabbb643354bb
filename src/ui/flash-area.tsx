import { Html, asString } from './html'
import { staticHtml } from './static-html'

export type FlashMessage = readonly [category: 'success' | 'info' | 'error', text: string]

/** An empty one is a live region too, so that screen readers announce a message that htmx inserts later. */
export const FlashArea = ({ message }: { message?: FlashMessage }) =>
  message === undefined ? emptyFlash : renderFlash(message)

const renderFlash = ([category, text]: FlashMessage) => (
  <p id="flash" class={category} role={category === 'error' ? 'alert' : 'status'} safe>
    {text}
  </p>
)

// Typed text cannot contain it, because its angle brackets are escaped.
const emptyFlash = staticHtml(renderFlash(['info', '']))

/** Puts the message where the page has its flash area, or at the top of a page that has none. */
export function insertFlash(body: JSX.Element, message: FlashMessage | undefined, alert: string) {
  const markup = asString(body)
  const flash = asString(FlashArea({ message })) + alert
  const at = markup.indexOf(emptyFlash)
  return at < 0 ? flash + markup : markup.slice(0, at) + flash + markup.slice(at + emptyFlash.length)
}
