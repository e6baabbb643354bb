import { capitalize } from '@/lib/capitalize'
import { Card } from '@/ui/card'
import { Select } from '@/ui/select'
import { Form } from '@/ui/form'
import { Html } from '@/ui/html'
import { List, ListRow } from '@/ui/list-row'
import { LocalTime } from '@/ui/local-time'
import { Section } from '@/ui/page-head'
import { PasswordRequired } from '@/ui/password-required'
import { EmailForms } from './email'
import { ErrorOr } from './error-or'
import type { UserProps } from './user-props'

/** The changes that a click undoes. */
export const Changes = (props: UserProps) =>
  props.isFresh ? (
    <>
      <Section title="Role">
        <RoleForm {...props} />
      </Section>
      <StateForms {...props} />
      {props.canSendReset ? <EmailForms {...props} /> : ''}
      {props.canSendReset && props.account.state !== 'deactivated' ? <ResetForm {...props} /> : ''}
    </>
  ) : (
    <Section title="Changes">
      <Card>
        <PasswordRequired
          reason={`Confirm ${props.isPasswordOnly ? 'your password' : 'that it’s you'} to change this account.`}
          reloginUrl={props.reloginUrl}
          isPasswordOnly={props.isPasswordOnly}
        />
      </Card>
    </Section>
  )

const RoleForm = ({ account, path, roles, selected, errors }: UserProps) => (
  <Form action={`${path}/role`} submit="Change role" kind="secondary" isCard>
    <Select
      label="Role"
      name="role"
      options={roles.map((role) => ({ value: role, text: capitalize(role) }))}
      value={errors?.role === undefined ? account.role : selected}
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
            line={<>After an activation, the user can log in again. Sessions and tokens stay ended.</>}
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
