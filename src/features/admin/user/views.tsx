import { capitalize } from '@/lib/capitalize'
import type { AccessSummary } from '@/model/accounts/access-summary'
import type { Session } from '@/model/types'
import type { Role } from '@/model/users/roles'
import type { ListedUser } from '@/model/users/user-list'
import { Badge } from '@/ui/badge'
import { LinkButton } from '@/ui/button'
import { Card, Fact, Facts } from '@/ui/card'
import { EmailOfUser } from '@/ui/email'
import { Select } from '@/ui/field'
import { Form } from '@/ui/form'
import { Html, unescaped, type Children, type View } from '@/ui/html'
import { DangerZone, List, ListRow } from '@/ui/list-row'
import { LocalTime } from '@/ui/local-time'
import { LockBadge } from '@/ui/lock-badge'
import { PageHead, Section, Sections } from '@/ui/page-head'
import { PasswordRequired } from '@/ui/password-required'
import { SessionRow } from '@/ui/session-row'
import { LastActive, RoleText, StateBadge } from '../user-text'

export type UserErrors = { role?: string; state?: string; deletion?: string }

type UserProps = {
  account: ListedUser
  path: string
  access: AccessSummary
  sessions: Session[]
  currentSessionId?: string
  roles: readonly Role[]
  canWrite: boolean
  /** Whether mail is on. */
  canSendReset: boolean
  isFresh: boolean
  reloginUrl: string
  /** The requested role after an error. */
  selected?: string
  errors?: UserErrors
}

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

const AccountFacts = ({ account, access }: UserProps) => (
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
        Changed <LocalTime at={account.password_changed_at} />
      </Fact>
      <Fact label="Remembered devices">
        <>{access.rememberedDevices}</>
      </Fact>
      <Fact label="API tokens">
        <>{access.apiTokens}</>
      </Fact>
      {account.email_rejected_at === null ? (
        ''
      ) : (
        <Fact label="Email address">
          Rejected by its mail server <LocalTime at={account.email_rejected_at} />
        </Fact>
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

/** The changes that a click undoes. */
const Changes = (props: UserProps) =>
  props.isFresh ? (
    <>
      <Section title="Role">
        <RoleForm {...props} />
      </Section>
      <StateForms {...props} />
      {props.canSendReset && props.account.state !== 'deactivated' ? <ResetForm {...props} /> : ''}
    </>
  ) : (
    <Section title="Changes">
      <Card>
        <PasswordRequired reason="Confirm your password to change this account." reloginUrl={props.reloginUrl} />
      </Card>
    </Section>
  )

const RoleForm = ({ account, path, roles, selected = account.role, errors }: UserProps) => (
  <Form action={`${path}/role`} submit="Change role" kind="secondary" isCard>
    <Select
      label="Role"
      name="role"
      options={roles.map((role) => ({ value: role, text: capitalize(role) }))}
      value={selected}
      error={errors?.role}
      autofocus={errors?.role !== undefined}
    />
  </Form>
)

const StateForms = ({ account: { state, deletion_at }, path, errors }: UserProps) =>
  state === 'active' && deletion_at === null ? (
    ''
  ) : (
    <Section title="State">
      <List>
        {state === 'locked' ? (
          <ListRow
            icon="lock"
            tone="warning"
            title="Locked after too many wrong passwords"
            line={<>Only browsers that were used before can log in.</>}
            action={<Form action={`${path}/unlock`} submit="Unlock" kind="secondary" isSmall />}
          />
        ) : (
          ''
        )}
        {state === 'deactivated' ? (
          <ListRow
            icon="user"
            tone="danger"
            title="Deactivated"
            line={<>After an activation, the password works again. Sessions and tokens stay ended.</>}
            action={<Form action={`${path}/activate`} submit="Activate" kind="secondary" isSmall />}
          />
        ) : (
          ''
        )}
        {deletion_at === null ? (
          ''
        ) : (
          <ListRow
            icon="trash"
            tone="danger"
            title="Scheduled for deletion"
            line={
              <ErrorOr id="deletion-error" error={errors?.deletion}>
                The account is deleted <LocalTime at={deletion_at} />. Sessions and tokens have ended.
              </ErrorOr>
            }
            action={<Form action={`${path}/cancel-deletion`} submit="Keep account" kind="secondary" isSmall />}
          />
        )}
      </List>
    </Section>
  )

const ResetForm = ({ path }: UserProps) => (
  <Section title="Password">
    <List>
      <ListRow
        icon="key"
        title="Password reset"
        line={<>The user gets an email with a link to choose a new password.</>}
        action={<Form action={`${path}/send-reset`} submit="Send password reset" kind="secondary" isSmall />}
      />
    </List>
  </Section>
)

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

const Dangers = (props: UserProps) => {
  const { account, access } = props
  const canLogIn = account.state !== 'deactivated' && account.deletion_at === null
  const rows = [
    canLogIn || access.sessions + access.rememberedDevices > 0 ? EndSessionsRow : undefined,
    account.state !== 'deactivated' ? DeactivationRow : undefined,
    account.deletion_at === null ? DeletionRow : undefined,
  ].filter((row) => row !== undefined)
  return rows.length === 0 ? (
    ''
  ) : (
    <DangerZone aside={<LockBadge isFresh={props.isFresh} />}>
      {rows.map((Row) => (
        <Row {...props} />
      ))}
    </DangerZone>
  )
}

const EndSessionsRow = ({ path }: UserProps) => (
  <ListRow
    icon="logout"
    tone="danger"
    title="End all sessions"
    line={<>All devices are logged out. The password still works.</>}
    action={<DangerLink href={`${path}/end-sessions`} text="End all sessions" />}
  />
)

const DeactivationRow = ({ path, errors }: UserProps) => (
  <ListRow
    icon="user"
    tone="danger"
    title="Deactivate account"
    line={
      <ErrorOr id="state-error" error={errors?.state}>
        All sessions end, all API tokens are revoked, and the account can no longer log in.
      </ErrorOr>
    }
    action={<DangerLink href={`${path}/deactivate`} text="Deactivate" errorId={errors?.state && 'state-error'} />}
  />
)

const DeletionRow = ({ path, errors }: UserProps) => (
  <ListRow
    icon="trash"
    tone="danger"
    title="Delete account"
    line={
      <ErrorOr id="deletion-error" error={errors?.deletion}>
        All access ends now, and everything in the account is deleted later.
      </ErrorOr>
    }
    action={<DangerLink href={`${path}/delete`} text="Delete" errorId={errors?.deletion && 'deletion-error'} />}
  />
)

const ErrorOr = ({ id, error, children }: { id: string; error?: string; children: Children }) =>
  error === undefined ? (
    <>{unescaped(children)}</>
  ) : (
    <span id={id} class="field-error" role="alert" safe>
      {error}
    </span>
  )

const DangerLink = ({ href, text, errorId }: { href: string; text: string; errorId?: string }) => (
  <LinkButton href={href} text={text} kind="secondary-danger" isSmall opensDialog errorId={errorId} />
)
