import type { UserWithStatus } from '@/model/types'
import { Field } from '@/ui/field'
import { Form } from '@/ui/form'
import { Html } from '@/ui/html'
import { List, ListRow } from '@/ui/list-row'
import { Section } from '@/ui/page-head'
import type { UserProps } from './user-props'

/** While mail is on. */
export const EmailForms = (props: UserProps) => (
  <Section title="Email address">
    <div class="stack">
      {props.isVerificationOn && props.account.email_verified_at === null ? <Verification {...props} /> : ''}
      <ChangeForm {...props} />
    </div>
  </Section>
)

const Verification = ({ account, path }: UserProps) => (
  <List>
    <ListRow
      icon="mail"
      title="Not confirmed"
      line={<>Mark it as confirmed only if you know that the mailbox belongs to this user.</>}
      action={<Form action={`${path}/verify-email`} submit="Mark as confirmed" kind="secondary" isSmall />}
    />
    {canGetMail(account) ? (
      <ListRow
        icon="mail"
        title="Confirmation"
        line={<>The user gets an email with a link to confirm the address.</>}
        action={<Form action={`${path}/send-verification`} submit="Send confirmation email" kind="secondary" isSmall />}
      />
    ) : (
      ''
    )}
  </List>
)

/** The mail job sends this mail to no other account. */
const canGetMail = ({ state, deletion_at, email_declined_at }: UserWithStatus) =>
  state !== 'deactivated' && deletion_at === null && email_declined_at === null

const ChangeForm = ({ path, selected, errors }: UserProps) => (
  <Form action={`${path}/email`} submit="Change email address" kind="secondary" isCard>
    <Field
      label="New email address"
      name="email"
      type="email"
      hint="It is not confirmed, and the old address gets an email."
      value={errors?.email === undefined ? undefined : selected}
      error={errors?.email}
      autofocus={errors?.email !== undefined}
    />
  </Form>
)
