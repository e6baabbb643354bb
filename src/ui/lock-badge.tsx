import { Html } from './html'
import { Icon } from './icon'

type LockBadgeProps = {
  isFresh: boolean
  /** With two-step verification a code or a passkey is asked for, and no password. */
  isTwoStep?: boolean
}

/** Shows whether an action will ask for the password. */
export const LockBadge = ({ isFresh, isTwoStep = false }: LockBadgeProps) => (
  <small class="muted lock-badge">
    <Icon name={isFresh ? 'unlock' : 'lock'} /> {textOf(isFresh, isTwoStep)}
  </small>
)

function textOf(isFresh: boolean, isTwoStep: boolean) {
  if (isTwoStep) return isFresh ? 'confirmed' : 'requires confirmation'
  return isFresh ? 'password confirmed' : 'password required'
}
