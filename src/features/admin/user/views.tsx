import type { ListedUser } from '@/model/users/user-list'
import { Badge } from '@/ui/badge'
import { LinkButton } from '@/ui/button'
import { Card, Fact, Facts } from '@/ui/card'
import { EmailOfUser } from '@/ui/email'
import { Html, type View } from '@/ui/html'
import { List } from '@/ui/list-row'
import { LocalTime } from '@/ui/local-time'
import { PageHead, Section, Sections } from '@/ui/page-head'
import { SessionRow } from '@/ui/session-row'
import { TwoStepAdvice } from '@/ui/two-step-advice'
import { LastActive, RoleText, StateBadge } from '../user-text'
import { Changes } from './changes'
import { Dangers } from './dangers'
import { TwoStepFact } from './two-step'
import type { UserProps } from './user-props'

export const UserPage = (props: UserProps): View => ({
  title: props.account.name,
  body: (
    <>
      <PageHead
        title={props.account.name}
        isName
        badges={isUsual(props.account) ? undefined : <Badges {...props.account} />}
        lead={<EmailOfUser email={props.account.email} />}
      >
        <LinkButton href="/admin/users" text="All users" kind="secondary" />
      </PageHead>
      <TwoStepAdvice isTwoStep={props.isTwoStep} />
      <Sections>
        <Section title="Account">
          <AccountFacts {...props} />
        </Section>
        {props.canWrite ? <Changes {...props} /> : ''}
        <Section title="Sessions" count={props.sessions.length}>
          <SessionList {...props} />
        </Section>
        {props.canWrite ? <Dangers {...props} /> : ''}
      </Sections>
    </>
  ),
})

const isUsual = ({ state, deletion_at }: ListedUser) => state === 'active' && deletion_at === null

const Badges = ({ state, deletion_at }: ListedUser) => (
  <>
    {state === 'active' ? '' : <StateBadge state={state} />}
    {deletion_at === null ? '' : <Badge text="Deletion scheduled" tone="danger" />}
  </>
)

const AccountFacts = ({ account, access, factors, canSendReset: hasMail }: UserProps) => (
  <Card>
    <Facts>
      <Fact label="User ID">
        <code safe>{account.id}</code>
      </Fact>
      <Fact label="Role">
        <RoleText role={account.role} />
      </Fact>
      <Fact label="Member since">
        <LocalTime at={account.created_at} show="date" />
      </Fact>
      <Fact label="Last active">
        <LastActive at={account.lastActive} />
      </Fact>
      <Fact label="Password">
        {factors.hasPassword ? (
          <>
            Changed <LocalTime at={account.password_changed_at} />
          </>
        ) : (
          'none'
        )}
      </Fact>
      <Fact label="Two-step verification">
        <TwoStepFact account={account} factors={factors} />
      </Fact>
      <Fact label="Remembered devices">
        <>{access.rememberedDevices}</>
      </Fact>
      <Fact label="API tokens">
        <>{access.apiTokens}</>
      </Fact>
      {hasMail || account.email_rejected_at !== null ? (
        <Fact label="Email address">
          <EmailFact {...account} />
        </Fact>
      ) : (
        ''
      )}
      {account.deletion_at === null ? (
        ''
      ) : (
        <Fact label="Scheduled for deletion">
          <LocalTime at={account.deletion_at} />
        </Fact>
      )}
      {account.deactivated_at === null ? (
        ''
      ) : (
        <Fact label="Deactivated">
          <LocalTime at={account.deactivated_at} />
        </Fact>
      )}
    </Facts>
  </Card>
)

const EmailFact = ({ email_verified_at, email_rejected_at, email_declined_at }: ListedUser) => {
  if (email_rejected_at !== null)
    return (
      <>
        rejected by its mail server <LocalTime at={email_rejected_at} />
      </>
    )
  if (email_verified_at !== null)
    return (
      <>
        confirmed <LocalTime at={email_verified_at} />
      </>
    )
  return <>{email_declined_at === null ? 'not confirmed' : 'declined by the owner of the mailbox'}</>
}

const SessionList = ({ sessions, currentSessionId }: UserProps) =>
  sessions.length === 0 ? (
    <Card>
      <p class="muted">No active sessions.</p>
    </Card>
  ) : (
    <List>
      {sessions.map((session) => (
        <SessionRow session={session} isCurrent={session.id === currentSessionId} />
      ))}
    </List>
  )
