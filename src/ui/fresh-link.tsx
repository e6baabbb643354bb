import { Html } from './html'
import { NeedsPassword } from './needs-password'

type FreshLinkProps = { href: string; text: string; isFresh: boolean }

/** A link to a page that wants a fresh login: with scripts the password is asked for here, and then the page opens. */
export const FreshLink = ({ href, text, isFresh }: FreshLinkProps) => (
  <>
    <a href={href} hx-get={href} hx-target="#main" hx-push-url="true" safe>
      {text}
    </a>{' '}
    <NeedsPassword isFresh={isFresh} />
  </>
)
