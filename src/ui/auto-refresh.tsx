import { Html, unescaped, type Children } from './html'

type AutoRefreshProps = {
  id: string
  path: string
  /** The newest security event when the page was rendered. Without it the page is fetched again on every connection. */
  lastEventId?: string
  /** The selector of an element elsewhere on the page that is refreshed too. */
  alsoRefresh?: string
  children: Children
}

/** Refreshes its content after a security event, and every minute because an expired session emits no event. */
export const AutoRefresh = ({ id, path, lastEventId, alsoRefresh, children }: AutoRefreshProps) => (
  <div
    id={id}
    hx-get={path}
    hx-trigger="security-event from:body, every 60s"
    hx-target="this"
    hx-select={`#${id}`}
    hx-select-oob={alsoRefresh === undefined ? undefined : `${alsoRefresh}:outerMorph`}
    hx-swap="outerMorph"
    hx-headers='{"X-Poll": "1"}'
    data-last-event={lastEventId === undefined ? undefined : Html.escapeHtml(lastEventId)}
  >
    {unescaped(children)}
  </div>
)
