import { nameOfBrowser } from '@/lib/user-agent'
import type { EndedSession, LiveSession, RestingSession } from '@/model/sessions/session-list'
import type { EndReason, Session } from '@/model/types'
import { Form } from '@/ui/form'
import { Html } from '@/ui/html'
import { Moment } from '@/ui/local-time'

type LiveRowProps = { session: LiveSession; isCurrent: boolean }

export const LiveRow = ({ session, isCurrent }: LiveRowProps) => {
  const name = nameOfBrowser(session.user_agent)
  return (
    <li>
      <h3 safe>{name}</h3>
      {isCurrent ? <Mark text="This session" /> : null}
      <dl>
        <Opened session={session} />
        <dt>Times out</dt>
        <dd>
          <Moment at={session.ends.idle} />, if inactive
        </dd>
        <dt>Expires at the latest</dt>
        <dd>
          <Moment at={session.ends.absolute} />
        </dd>
        <dt>Device remembered</dt>
        <dd>{session.series_id === null ? 'no' : 'yes'}</dd>
      </dl>
      {isCurrent ? <Form action="/logout" submit="Logout" /> : <EndForm id={session.id} name={name} />}
    </li>
  )
}

export const RestingRow = ({ session }: { session: RestingSession }) => {
  const name = nameOfBrowser(session.user_agent)
  return (
    <li>
      <h3 safe>{name}</h3>
      <Mark text="Remembered" />
      <p>No active session, but this device can log in without a password.</p>
      <dl>
        <Opened session={session} />
        <dt>Remembered until</dt>
        <dd>
          <Moment at={session.remembered_until} />
        </dd>
      </dl>
      <EndForm id={session.id} name={name} />
    </li>
  )
}

const Mark = ({ text }: { text: string }) => (
  <p class="marks">
    <span class="mark-of" safe>
      {text}
    </span>
  </p>
)

const EndForm = ({ id, name }: { id: string; name: string }) => (
  <Form action={`/settings/sessions/${id}/end`} submit="End session" label={`End session: ${name}`} isGrave />
)

const Opened = ({ session }: { session: Session }) => (
  <>
    <dt>Logged in with</dt>
    <dd>{session.born === 'remember' ? 'Remember me' : 'password'}</dd>
    <dt>First seen</dt>
    <dd>
      <Moment at={session.created_at} /> <From address={session.first_address} />
    </dd>
    <dt>Last seen</dt>
    <dd>
      <Moment at={session.seen_at} /> <From address={session.last_address} />
    </dd>
  </>
)

const From = ({ address }: { address: string }) => (address === '' ? null : <small safe>{`from ${address}`}</small>)

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
    <h3 safe>{nameOfBrowser(session.user_agent)}</h3>
    <p>
      <Moment at={session.ended_at} /> <span safe>{reasons[session.ended_reason]}</span>
    </p>
    <dl>
      <Opened session={session} />
    </dl>
  </li>
)
