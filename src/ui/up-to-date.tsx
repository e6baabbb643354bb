import { Html, slot, type Children } from './html'

/** A part of a page that fetches itself anew when something happened, and once a minute: what ran out tells nobody. */
export const UpToDate = ({ id, path, children }: { id: string; path: string; children: Children }) => (
  <div
    id={id}
    hx-get={path}
    hx-trigger="happened from:body, every 60s"
    hx-target="this"
    hx-select={`#${id}`}
    hx-swap="outerMorph"
    hx-headers='{"X-Poll": "1"}'
  >
    {slot(children)}
  </div>
)
