import type { UserWithStatus } from '@/model/types'
import type { Role } from '@/model/users/roles'
import { EmailOfUser } from '@/ui/email'
import { PasswordRequired } from '@/ui/password-required'
import { Form, FormError } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'
import type { Can } from '@/ui/menu'
import { PageHead } from '@/ui/page-head'

export type UserErrors = { role?: string; state?: string }

type UserProps = {
  account: UserWithStatus
  /** Number of active sessions. */
  sessions: number
  tokens: number
  roles: readonly Role[]
  can: Can
  isFresh: boolean
  reloginUrl: string
  /** The requested role after an error. */
  selected?: string
  errors?: UserErrors
}

export const UserPage = ({ account, sessions, tokens, can, isFresh, reloginUrl, ...changes }: UserProps): View => {
  const path = `/admin/users/${encodeURIComponent(account.id)}`
  return {
    title: account.name,
    body: (
      <>
        <PageHead title={account.name} isName />
        <section class="card">
          <h2>Account</h2>
          <dl>
            <dt>Email</dt>
            <dd>
              <EmailOfUser email={account.email} />
            </dd>
            <dt>Role</dt>
            <dd>{account.role}</dd>
            <dt>State</dt>
            <dd>
              {account.deactivated_at === null ? (
                'active'
              ) : (
                <>
                  deactivated on <LocalTime at={account.deactivated_at} />
                </>
              )}
            </dd>
            <dt>Member since</dt>
            <dd>
              <LocalTime at={account.created_at} />
            </dd>
            <dt>Password set</dt>
            <dd>
              <LocalTime at={account.password_changed_at} />
            </dd>
            <dt>Active sessions</dt>
            <dd>{sessions}</dd>
            <dt>API tokens</dt>
            <dd>{tokens}</dd>
          </dl>
        </section>
        {can('users:write') ? (
          <section class="card changes">
            <h2>Changes</h2>
            {isFresh ? (
              <Changes account={account} path={path} {...changes} />
            ) : (
              <PasswordRequired reason="Confirm your password to change this account." reloginUrl={reloginUrl} />
            )}
          </section>
        ) : null}
      </>
    ),
  }
}

type ChangesProps = Pick<UserProps, 'account' | 'roles' | 'selected' | 'errors'> & { path: string }

const Changes = ({ account, roles, path, selected = account.role, errors = {} }: ChangesProps) => (
  <>
    <Form action={`${path}/role`} submit="Change role">
      <div class="field">
        <label for="role">Role</label>
        <select
          id="role"
          name="role"
          aria-invalid={errors.role ? 'true' : undefined}
          aria-describedby={errors.role ? 'role-error' : undefined}
          autofocus={errors.role !== undefined}
        >
          {roles.map((role) => (
            <option value={role} selected={role === selected}>
              {role}
            </option>
          ))}
        </select>
        {errors.role === undefined ? null : (
          <small id="role-error" class="field-error" safe>
            {errors.role}
          </small>
        )}
      </div>
    </Form>
    <Form action={`${path}/end-sessions`} submit="End all sessions" kind="secondary-danger" />
    <FormError id="state-error" text={errors.state} />
    {account.deactivated_at === null ? (
      <Form action={`${path}/deactivate`} submit="Deactivate" kind="secondary-danger" />
    ) : (
      <Form action={`${path}/activate`} submit="Activate" />
    )}
    <p class="hint">
      Deactivating ends all sessions and revokes all API tokens. After activation the user can log in again.
    </p>
  </>
)
