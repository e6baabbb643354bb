import { Html } from './html'
import { LockBadge } from './lock-badge'

type FreshLinkProps = { href: string; text: string; isFresh: boolean }

/** A link to a page that requires a fresh login. `public/relogin.js` asks for the password in a dialog on the current page. */
export const FreshLink = ({ href, text, isFresh }: FreshLinkProps) => (
  <>
    <a href={href} hx-get={href} hx-target="#main" hx-push-url="true" safe>
      {text}
    </a>{' '}
    <LockBadge isFresh={isFresh} />
  </>
)
