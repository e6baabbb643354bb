import { Html } from './html'
import { linkTo, visibleItems, type Can } from './menu'

export type { Can }

/** The pages of an account beside the profile, which is in the main menu. */
export const AccountMenu = ({ current, can }: { current?: string; can: Can }) => (
  <ul class="account-menu">{visibleItems('account', can).map((item) => linkTo(item, item.href === current))}</ul>
)
