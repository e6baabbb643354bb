import type { Account } from '@/model/types'
import type { Role } from '@/model/users/roles'
import { AccountMenu, type Can } from '@/ui/account-menu'
import { ConfirmFirst } from '@/ui/password-required'
import { Form, FormMistake } from '@/ui/form'
import { Html, type View } from '@/ui/html'
import { Moment } from '@/ui/local-time'

export type UserMistakes = { role?: string; state?: string }

type UserProps = {
  account: Account
  /** Number of active sessions. */
  sessions: number
  tokens: number
  roles: readonly Role[]
  can: Can
  isFresh: boolean
  reloginUrl: string
  /** The requested role after an error. */
  chosen?: string
  mistakes?: UserMistakes
}

export const UserPage = ({ account, sessions, tokens, can, isFresh, reloginUrl, ...changes }: UserProps): View => {
  const address = `/admin/users/${encodeURIComponent(account.id)}`
  return {
    title: account.name,
    body: (
      <>
        <h1 safe>{account.name}</h1>
        <AccountMenu current="/admin/users" can={can} />
        <section class="card">
          <h2>Account</h2>
          <dl>
            <dt>Email</dt>
            <dd safe>{account.email}</dd>
            <dt>Role</dt>
            <dd>{account.role}</dd>
            <dt>State</dt>
            <dd>
              {account.deactivated_at === null ? (
                'active'
              ) : (
                <>
                  deactivated on <Moment at={account.deactivated_at} />
                </>
              )}
            </dd>
            <dt>Member since</dt>
            <dd>
              <Moment at={account.created_at} />
            </dd>
            <dt>Password set</dt>
            <dd>
              <Moment at={account.password_changed_at} />
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
              <Changes account={account} address={address} {...changes} />
            ) : (
              <ConfirmFirst why="Confirm your password to change this account." reloginUrl={reloginUrl} />
            )}
          </section>
        ) : null}
      </>
    ),
  }
}

type ChangesProps = Pick<UserProps, 'account' | 'roles' | 'chosen' | 'mistakes'> & { address: string }

const Changes = ({ account, roles, address, chosen = account.role, mistakes = {} }: ChangesProps) => (
  <>
    <Form action={`${address}/role`} submit="Change role">
      <div class="field">
        <label for="role">Role</label>
        <select
          id="role"
          name="role"
          aria-invalid={mistakes.role ? 'true' : undefined}
          aria-describedby={mistakes.role ? 'role-error' : undefined}
          autofocus={mistakes.role !== undefined}
        >
          {roles.map((role) => (
            <option value={role} selected={role === chosen}>
              {role}
            </option>
          ))}
        </select>
        {mistakes.role === undefined ? null : (
          <small id="role-error" class="mistake" safe>
            {mistakes.role}
          </small>
        )}
      </div>
    </Form>
    <Form action={`${address}/end-sessions`} submit="End all sessions" isGrave />
    <FormMistake id="state-error" text={mistakes.state} />
    {account.deactivated_at === null ? (
      <Form action={`${address}/deactivate`} submit="Deactivate" isGrave />
    ) : (
      <Form action={`${address}/activate`} submit="Activate" />
    )}
    <p class="aside">
      Deactivating ends all sessions and revokes all API tokens. After activation the user can log in again.
    </p>
  </>
)
