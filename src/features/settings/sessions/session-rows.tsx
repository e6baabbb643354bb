import { browserName } from '@/lib/user-agent'
import type { EndedSession, ActiveSession, RememberedDevice } from '@/model/sessions/session-list'
import type { EndReason, Session } from '@/model/types'
import { Form } from '@/ui/form'
import { Html } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'

type ActiveRowProps = { session: ActiveSession; isCurrent: boolean }

export const ActiveRow = ({ session, isCurrent }: ActiveRowProps) => {
  const name = browserName(session.user_agent)
  return (
    <li>
      <h3 safe>{name}</h3>
      {isCurrent ? <Badge text="This session" /> : null}
      <dl>
        <SessionDetails session={session} />
        <dt>Times out</dt>
        <dd>
          <LocalTime at={session.expiresAt.idle} />, if inactive
        </dd>
        <dt>Expires at the latest</dt>
        <dd>
          <LocalTime at={session.expiresAt.absolute} />
        </dd>
        <dt>Device remembered</dt>
        <dd>{session.series_id === null ? 'no' : 'yes'}</dd>
      </dl>
      {isCurrent ? <Form action="/logout" submit="Logout" /> : <EndForm id={session.id} name={name} />}
    </li>
  )
}

export const RememberedRow = ({ session }: { session: RememberedDevice }) => {
  const name = browserName(session.user_agent)
  return (
    <li>
      <h3 safe>{name}</h3>
      <Badge text="Remembered" />
      <p>No active session, but this device can log in without a password.</p>
      <dl>
        <SessionDetails session={session} />
        <dt>Remembered until</dt>
        <dd>
          <LocalTime at={session.remembered_until} />
        </dd>
      </dl>
      <EndForm id={session.id} name={name} />
    </li>
  )
}

const Badge = ({ text }: { text: string }) => (
  <p class="badges">
    <span class="badge" safe>
      {text}
    </span>
  </p>
)

const EndForm = ({ id, name }: { id: string; name: string }) => (
  <Form
    action={`/settings/sessions/${id}/end`}
    submit="End session"
    ariaLabel={`End session: ${name}`}
    kind="secondary"
    isSmall
  />
)

const SessionDetails = ({ session }: { session: Session }) => (
  <>
    <dt>Logged in with</dt>
    <dd>{session.started_by === 'remember' ? 'Remember me' : 'password'}</dd>
    <dt>First seen</dt>
    <dd>
      <LocalTime at={session.created_at} /> <FromIp ip={session.first_ip} />
    </dd>
    <dt>Last seen</dt>
    <dd>
      <LocalTime at={session.last_seen_at} /> <FromIp ip={session.last_ip} />
    </dd>
  </>
)

const FromIp = ({ ip }: { ip: string }) => (ip === '' ? null : <small safe>{`from ${ip}`}</small>)

const reasons: Record<EndReason, string> = {
  logout: 'logged out',
  idle: 'expired (inactive)',
  absolute: 'expired (time limit)',
  revoked: 'ended manually',
  password: 'ended by a password change',
  deactivated: 'ended with the account',
  theft: 'ended because its token was copied',
}

export const EndedRow = ({ session }: { session: EndedSession }) => (
  <li>
    <h3 safe>{browserName(session.user_agent)}</h3>
    <p>
      <LocalTime at={session.ended_at} /> <span safe>{reasons[session.ended_reason]}</span>
    </p>
    <dl>
      <SessionDetails session={session} />
    </dl>
  </li>
)
