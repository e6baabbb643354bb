import { Html, asString } from './html'

/** Names the user of the page, so that a form of one user is never carried out for another one. `reply` inserts the id. */
export const PageUserField = ({ userId }: { userId?: string }) => (
  <input type="hidden" name="page_user" value={userId === undefined ? undefined : Html.escapeHtml(userId)} />
)

// Typed text cannot contain it, because its angle brackets are escaped.
const placeholder = asString(<PageUserField />)

/** A page without a user has no such field. */
export function insertPageUser(markup: string, userId: string | undefined) {
  const field = userId === undefined ? '' : asString(<PageUserField userId={userId} />)
  return markup.split(placeholder).join(field)
}
