import { Html } from './html'
import { MenuLink, visibleItems, type Can } from './menu'

export type { Can }

/** The pages of an account beside the profile, which is in the main menu. */
export const AccountMenu = ({ current, can }: { current?: string; can: Can }) => (
  <ul class="account-menu">
    {visibleItems('account', can).map(({ href, text }) => (
      <MenuLink href={href} text={text} isCurrent={href === current} />
    ))}
  </ul>
)
