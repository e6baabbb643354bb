import { browserName } from '@/lib/user-agent'
import type { EndedSession, ActiveSession, RememberedDevice } from '@/model/sessions/session-list'
import type { EndReason, Session } from '@/model/types'
import { LinkButton } from '@/ui/button'
import { Fact, Facts } from '@/ui/card'
import { Form } from '@/ui/form'
import { Html } from '@/ui/html'
import { ListRow } from '@/ui/list-row'
import { LocalTime } from '@/ui/local-time'
import { SessionRow, deviceProps } from '@/ui/session-row'

type ActiveRowProps = { session: ActiveSession; isCurrent: boolean }

export const ActiveRow = ({ session, isCurrent }: ActiveRowProps) => (
  <SessionRow
    session={session}
    isCurrent={isCurrent}
    more={
      <Facts>
        <Start session={session} />
        <Fact label="Expires">
          <LocalTime at={session.expiresAt.idle} />, if inactive
        </Fact>
        <Fact label="At the latest">
          <LocalTime at={session.expiresAt.absolute} />
        </Fact>
      </Facts>
    }
    action={
      isCurrent ? (
        <Form action="/logout" submit="Log out" ariaLabel="Log out this device" kind="secondary" isSmall />
      ) : (
        <EndLink session={session} text="Log out" />
      )
    }
  />
)

export const RememberedRow = ({ session }: { session: RememberedDevice }) => (
  <ListRow
    {...deviceProps(session)}
    line={
      <>
        Last used <LocalTime at={session.last_seen_at} /> · can log in without a password until{' '}
        <LocalTime at={session.remembered_until} show="date" />
      </>
    }
    more={
      <Facts>
        <Start session={session} />
        <LastSeen session={session} />
      </Facts>
    }
    action={<EndLink session={session} text="Forget" />}
  />
)

const EndLink = ({ session: { id, user_agent }, text }: { session: Session; text: string }) => (
  <LinkButton
    href={`/settings/sessions/${id}/end`}
    text={text}
    ariaLabel={`${text} ${browserName(user_agent)}`}
    kind="secondary"
    isSmall
    opensDialog
  />
)

const FromIp = ({ ip }: { ip: string }) => (ip === '' ? <></> : <span safe>{` from ${ip}`}</span>)

const origins: Record<Session['started_by'], string> = {
  password: 'Password',
  'email-code': 'Code from an email',
  passkey: 'Passkey',
  remember: 'Remember me',
}

const secondFactors: [method: string, text: string][] = [
  ['totp', 'a code'],
  ['recovery-code', 'a recovery code'],
  ['security-key', 'a security key'],
  ['trusted-browser', 'a trusted browser'],
]

/** `Password and a code`. */
function originOf({ started_by, amr }: Session) {
  const methods = amr.split(' ')
  const used = secondFactors.filter(([method]) => methods.includes(method)).map(([, text]) => text)
  return [origins[started_by], ...used].join(' and ')
}

const Start = ({ session }: { session: Session }) => (
  <>
    <Fact label="Signed in with">
      <span safe>{originOf(session)}</span>
    </Fact>
    <Fact label="First seen">
      <LocalTime at={session.created_at} show="exact" />
      <FromIp ip={session.first_ip} />
    </Fact>
  </>
)

const LastSeen = ({ session }: { session: Session }) => (
  <Fact label="Last seen">
    <LocalTime at={session.last_seen_at} show="exact" />
    <FromIp ip={session.last_ip} />
  </Fact>
)

const reasons: Record<EndReason, string> = {
  logout: 'logged out',
  idle: 'expired (inactive)',
  absolute: 'expired (time limit)',
  revoked: 'ended manually',
  password: 'ended by a password change',
  deactivated: 'ended with the account',
  deleted: 'ended with the account',
  theft: 'ended because its token was copied',
  secured: 'ended when the account was secured',
  factors: 'ended when two-step verification was turned on',
}

export const EndedRow = ({ session }: { session: EndedSession }) => (
  <ListRow
    {...deviceProps(session)}
    line={
      <>
        Ended <LocalTime at={session.ended_at} /> · <span safe>{reasons[session.ended_reason]}</span>
      </>
    }
    more={
      <Facts>
        <Start session={session} />
        <LastSeen session={session} />
      </Facts>
    }
  />
)
