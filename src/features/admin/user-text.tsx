import type { UserState } from '@/model/types'
import type { Role } from '@/model/users/roles'
import type { ListedUser } from '@/model/users/user-list'
import { Badge } from '@/ui/badge'
import { Html } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'

/** `support` → `Support` */
export const titleOf = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)

export const LastActive = ({ at }: { at: ListedUser['lastActive'] }) =>
  typeof at === 'number' ? (
    <LocalTime at={at} show="relative-day" />
  ) : (
    <>{at === 'never' ? 'Never' : 'Not in 30 days'}</>
  )

/** Usual values are plain text, so that exceptions stand out. */
export const RoleText = ({ role }: { role: Role }) =>
  role === 'user' ? <span class="muted">User</span> : <Badge text={titleOf(role)} tone="info" />

export const StateText = ({ state }: { state: UserState }) =>
  state === 'active' ? <span class="muted">Active</span> : <StateBadge state={state} />

export const StateBadge = ({ state }: { state: Exclude<UserState, 'active'> }) => (
  <Badge text={titleOf(state)} tone={state === 'locked' ? 'warning' : 'danger'} />
)
