import { Html } from './html'
import { Icon } from './icon'

/** Shows whether an action will ask for the password. */
export const LockBadge = ({ isFresh }: { isFresh: boolean }) => (
  <small class="muted lock-badge">
    <Icon name={isFresh ? 'unlock' : 'lock'} /> {isFresh ? 'password confirmed' : 'password required'}
  </small>
)
