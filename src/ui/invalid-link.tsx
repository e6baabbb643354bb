import { LinkButton } from './button'
import { Html, type View } from './html'
import { FocusedPage } from './page-head'

type InvalidLinkProps = { actions: { text: string; href: string }[] }

/** The same for a used, expired, replaced, truncated or invented link, so that it reveals nothing about a token. */
export const InvalidLinkPage = ({ actions }: InvalidLinkProps): View => ({
  title: 'This link no longer works',
  isFocused: true,
  body: (
    <FocusedPage title="This link no longer works">
      <p>
        It has already been used, has expired, or was replaced by a newer one. If you have a more recent email from us,
        use the link in that one.
      </p>
      <div class="actions">
        {actions.map(({ text, href }, i) => (
          <LinkButton href={href} text={text} kind={i === 0 ? 'primary' : 'secondary'} />
        ))}
      </div>
    </FocusedPage>
  ),
})
