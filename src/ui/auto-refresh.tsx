import { Html, unescaped, type Children } from './html'

type AutoRefreshProps = {
  id: string
  path: string
  /** The newest security event when the page was rendered. Without it the page is fetched again on every connection. */
  lastEventId?: string
  children: Children
}

/** Refreshes its content after a security event, and every minute because an expired session emits no event. */
export const AutoRefresh = ({ id, path, lastEventId, children }: AutoRefreshProps) => (
  <div
    id={id}
    hx-get={path}
    hx-trigger="security-event from:body, every 60s"
    hx-target="this"
    hx-select={`#${id}`}
    hx-swap="outerMorph"
    hx-headers='{"X-Poll": "1"}'
    data-last-event={lastEventId === undefined ? undefined : Html.escapeHtml(lastEventId)}
  >
    {unescaped(children)}
  </div>
)
