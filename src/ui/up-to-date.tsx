import { Html, slot, type Children } from './html'

type UpToDateProps = {
  id: string
  path: string
  /** The newest security event when the page was rendered. Without it the page is fetched again on every connection. */
  lastEventId?: string
  children: Children
}

/** A part of a page that fetches itself anew when something happened, and once a minute: what ran out tells nobody. */
export const UpToDate = ({ id, path, lastEventId, children }: UpToDateProps) => (
  <div
    id={id}
    hx-get={path}
    hx-trigger="happened from:body, every 60s"
    hx-target="this"
    hx-select={`#${id}`}
    hx-swap="outerMorph"
    hx-headers='{"X-Poll": "1"}'
    data-last-event={lastEventId === undefined ? undefined : Html.escapeHtml(lastEventId)}
  >
    {slot(children)}
  </div>
)
