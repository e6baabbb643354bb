import { Html } from './html'
import { Icon } from './icon'

type LockBadgeProps = {
  isFresh: boolean
  /** False if a code or a passkey may be asked for. */
  isPasswordOnly?: boolean
}

/** Shows whether an action will ask for the password. */
export const LockBadge = ({ isFresh, isPasswordOnly = true }: LockBadgeProps) => (
  <small class="muted lock-badge">
    <Icon name={isFresh ? 'unlock' : 'lock'} /> {textOf(isFresh, isPasswordOnly)}
  </small>
)

function textOf(isFresh: boolean, isPasswordOnly: boolean) {
  if (!isPasswordOnly) return isFresh ? 'confirmed' : 'requires confirmation'
  return isFresh ? 'password confirmed' : 'password required'
}
