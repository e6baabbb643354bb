import { LinkButton } from '@/ui/button'
import { Html } from '@/ui/html'
import { DangerZone, ListRow } from '@/ui/list-row'
import { LockBadge } from '@/ui/lock-badge'
import { ErrorOr } from './error-or'
import { hasFactors } from './two-step'
import type { UserProps } from './user-props'

export const Dangers = (props: UserProps) => {
  const { account, access } = props
  const canLogIn = account.state !== 'deactivated' && account.deletion_at === null
  const rows = [
    hasFactors(props) && !props.isOwn ? TwoStepRow : undefined,
    canLogIn || access.sessions + access.rememberedDevices > 0 ? EndSessionsRow : undefined,
    account.state !== 'deactivated' ? DeactivationRow : undefined,
    account.deletion_at === null ? DeletionRow : undefined,
  ].filter((row) => row !== undefined)
  return rows.length === 0 ? (
    ''
  ) : (
    <DangerZone aside={<LockBadge {...props} />}>
      {rows.map((Row) => (
        <Row {...props} />
      ))}
    </DangerZone>
  )
}

const TwoStepRow = ({ path, factors }: UserProps) => (
  <ListRow
    icon="unlock"
    tone="danger"
    title="Reset two-step verification"
    line={
      <>
        For a user who lost all second factors. All access ends
        {factors.hasPassword ? ', and the password alone is enough to log in.' : '. The user has no password.'}
      </>
    }
    action={<DangerLink href={`${path}/reset-two-step`} text="Reset two-step verification" />}
  />
)

const EndSessionsRow = ({ path }: UserProps) => (
  <ListRow
    icon="logout"
    tone="danger"
    title="End all sessions"
    line={<>All devices are logged out. The user can log in again.</>}
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

const DangerLink = ({ href, text, errorId }: { href: string; text: string; errorId?: string }) => (
  <LinkButton href={href} text={text} kind="secondary-danger" isSmall opensDialog errorId={errorId} />
)
