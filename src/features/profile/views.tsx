import type { EmailState } from '@/model/accounts/verify-email'
import type { User } from '@/model/types'
import type { Profile, ProfileErrors } from '@/model/users/profile'
import { Avatar } from '@/ui/avatar'
import { RadioGroup } from '@/ui/choices'
import { emailStateText, emailWarningOf } from '@/ui/email-state'
import { ReadonlyEmail } from '@/ui/account-fields'
import { Field } from '@/ui/field'
import { Form } from '@/ui/form'
import { Html, unescaped, type View } from '@/ui/html'
import { LocalTime } from '@/ui/local-time'
import { Message } from '@/ui/message'
import { PageHead, Section, Sections } from '@/ui/page-head'
import { staticHtmlByKey } from '@/ui/static-html'
import { themes, type Theme } from '@/ui/theme'

type ProfileProps = {
  user: User
  typed: Profile
  errors?: ProfileErrors
  theme: Theme
  address: AddressProps
}

type AddressProps = {
  /** While mail is on, users change their address themselves. */
  canChange: boolean
  /** Undefined while addresses are not confirmed. */
  state?: EmailState
}

export const ProfilePage = ({ user, typed, errors = {}, theme, address }: ProfileProps): View => ({
  title: 'Profile',
  body: (
    <>
      <PageHead title={`Welcome, ${user.name}!`} />
      <Sections>
        <Section title="About you">
          <Form action="/profile" submit="Save" isCard>
            <div class="actions">
              <Avatar name={user.name} isLarge />
              <p>
                <bdi safe>{user.name}</bdi>
                <br />
                <small class="muted">
                  Member since <LocalTime at={user.created_at} show="date" />
                </small>
              </p>
            </div>
            <Field
              label="Name"
              name="name"
              autocomplete="name"
              autocapitalize="words"
              hint="Your display name."
              value={typed.name}
              error={errors.name}
              autofocus={errors.name !== undefined}
            />
            <EmailAddress email={user.email} {...address} />
          </Form>
        </Section>
        {unescaped(once(theme, () => <Appearance theme={theme} />))}
      </Sections>
    </>
  ),
})

const EmailAddress = ({ email, canChange, state }: AddressProps & { email: string }) => {
  if (!canChange) return <ReadonlyEmail email={email} hint="The address you log in with. It cannot be changed here." />
  const warning = state && emailWarningOf(state)
  return (
    <>
      <ReadonlyEmail email={email} hint="The address you log in with." />
      <p class="small">
        {state === undefined ? '' : <>This address is {emailStateText(state)}. </>}
        <a href="/settings/email">Change email address</a>
      </p>
      {warning === undefined ? '' : <Message text={warning} tone="warning" />}
    </>
  )
}

const once = staticHtmlByKey()

const Appearance = ({ theme }: { theme: Theme }) => (
  <Section title="Appearance">
    <Form action="/profile/theme" submit="Apply" kind="secondary" isCard isNative>
      <RadioGroup
        legend="Theme"
        name="theme"
        options={Object.entries(themes).map(([value, { text }]) => ({ value, text }))}
        selected={theme}
        hint="System follows the setting of your device."
      />
    </Form>
  </Section>
)
