import { capitalize } from '@/lib/capitalize'
import type { UserState } from '@/model/types'
import type { Role } from '@/model/users/roles'
import type { ListedUser } from '@/model/users/user-list'
import { Badge } from '@/ui/badge'
import { Html } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'

export const LastActive = ({ at }: { at: ListedUser['lastActive'] }) =>
  typeof at === 'number' ? (
    <LocalTime at={at} show="relative-day" />
  ) : (
    <>{at === 'never' ? 'Never' : 'Not in 30 days'}</>
  )

/** Usual values are plain text, so that exceptions stand out. */
export const RoleText = ({ role }: { role: Role }) =>
  role === 'user' ? <span class="muted">User</span> : <Badge text={capitalize(role)} tone="info" />

export const StateText = ({ state }: { state: UserState }) =>
  state === 'active' ? <span class="muted">Active</span> : <StateBadge state={state} />

export const StateBadge = ({ state }: { state: Exclude<UserState, 'active'> }) => (
  <Badge text={capitalize(state)} tone={state === 'locked' ? 'warning' : 'danger'} />
)
