import { browserName } from '@/lib/user-agent'
import type { Session } from '@/model/types'
import { Badge } from './badge'
import { deviceIcon } from './device-icon'
import { Html } from './html'
import { ListRow } from './list-row'
import { LocalTime } from './local-time'

/** The device of a session, as properties of a `ListRow`. */
export const deviceProps = ({ id, user_agent }: Session) => ({
  id: `session-${id}`,
  icon: deviceIcon(user_agent),
  title: browserName(user_agent),
})

type SessionRowProps = {
  session: Session
  /** The session of the user who sees the row. */
  isCurrent: boolean
  more?: JSX.Element
  action?: JSX.Element
}

/** A row of a `List` that shows an active session. */
export const SessionRow = ({ session, isCurrent, more, action }: SessionRowProps) => (
  <ListRow
    {...deviceProps(session)}
    badges={
      <>
        {isCurrent ? <Badge text="This device" tone="success" /> : ''}{' '}
        {session.series_id === null ? '' : <Badge text="Remembered" />}
      </>
    }
    line={
      <>
        Active {isCurrent ? 'now' : <LocalTime at={session.last_seen_at} />}
        {session.last_ip === '' ? '' : <span safe>{` · ${session.last_ip}`}</span>}
      </>
    }
    more={more}
    action={action}
  />
)
