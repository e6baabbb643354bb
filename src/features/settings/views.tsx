import { readableEmail } from '@/lib/email-domain'
import type { AccessSummary } from '@/model/accounts/access-summary'
import type { EmailState } from '@/model/accounts/verify-email'
import type { User } from '@/model/types'
import { SessionState, TokenState } from '@/ui/access-state'
import { ConfirmEmail } from '@/ui/confirm-email'
import { emailStateText } from '@/ui/email-state'
import { Html, type View } from '@/ui/html'
import { List } from '@/ui/list-row'
import { LocalTime } from '@/ui/local-time'
import { LockBadge } from '@/ui/lock-badge'
import { isListed } from '@/ui/menu'
import { PageHead, Section, Sections } from '@/ui/page-head'
import { SettingRow, type SettingRowProps } from '@/ui/setting-row'

type StateProps = {
  user: User
  access: AccessSummary
  hasMail: boolean
  hasPassword: boolean
  wantsNewDeviceMails: boolean
  /** Undefined while addresses are not confirmed. */
  emailState?: EmailState
}

type Setting = Omit<SettingRowProps, 'state'> & { state: (props: StateProps) => JSX.Element }

const account: readonly Setting[] = [
  {
    title: 'Profile',
    icon: 'user',
    state: ({ user }) => <bdi safe>{user.name}</bdi>,
    href: '/profile',
    link: 'Edit',
  },
  {
    title: 'Email address',
    icon: 'mail',
    state: ({ user, emailState }) => (
      <>
        <bdi safe>{readableEmail(user.email)}</bdi>
        {emailState === undefined ? '' : <span safe>{`, ${emailStateText(emailState)}`}</span>}
      </>
    ),
    href: '/settings/email',
    link: 'Change',
    asksForPassword: true,
  },
  {
    title: 'Notifications',
    icon: 'info',
    state: ({ wantsNewDeviceMails }) => <>New-login emails are {wantsNewDeviceMails ? 'on' : 'off'}</>,
    href: '/settings/notifications',
    link: 'Change',
  },
]

const data: readonly Setting[] = [
  {
    title: 'Download your data',
    icon: 'download',
    state: () => <>A JSON file with all that we store about you</>,
    href: '/settings/export',
    link: 'Download',
    asksForPassword: true,
  },
  {
    title: 'Delete account',
    icon: 'trash',
    state: () => <>Your account and everything in it</>,
    href: '/settings/delete',
    link: 'Delete',
    asksForPassword: true,
  },
]

const access: readonly Setting[] = [
  {
    title: 'Security',
    icon: 'key',
    state: ({ user }) => <>Two-step verification is {user.two_step_enabled_at === null ? 'off' : 'on'}</>,
    href: '/settings/security',
    link: 'Review',
  },
  {
    title: 'Password',
    icon: 'lock',
    state: ({ user, hasPassword }) =>
      hasPassword ? (
        <>
          Changed <LocalTime at={user.password_changed_at} />
        </>
      ) : (
        <>You log in with a passkey</>
      ),
    href: '/settings/password',
    link: 'Change',
    asksForPassword: true,
  },
  {
    title: 'Sessions',
    icon: 'computer',
    state: (props) => <SessionState {...props.access} />,
    href: '/settings/sessions',
    link: 'Review',
  },
  {
    title: 'API tokens',
    icon: 'code',
    state: (props) => <TokenState {...props.access} />,
    href: '/settings/tokens',
    link: 'Review',
  },
  {
    title: 'Activity',
    icon: 'list',
    state: () => <>Security events of the last 12 months</>,
    href: '/settings/activity',
    link: 'Review',
  },
]

type SettingsProps = StateProps & { isFresh: boolean; isPasswordOnly: boolean; shouldConfirmEmail: boolean }

export const SettingsPage = ({ isFresh, isPasswordOnly, shouldConfirmEmail, ...props }: SettingsProps): View => ({
  title: 'Settings',
  body: (
    <>
      <PageHead title="Settings" />
      <Sections>
        {shouldConfirmEmail ? <ConfirmEmail /> : ''}
        <Section title="Account">
          <SettingList settings={account} {...props} />
        </Section>
        <Section title="Access" aside={<LockBadge isFresh={isFresh} isPasswordOnly={isPasswordOnly} />}>
          <SettingList settings={access} {...props} />
        </Section>
        <Section title="Your data">
          <SettingList settings={data} {...props} />
        </Section>
      </Sections>
    </>
  ),
})

const SettingList = ({ settings, ...props }: StateProps & { settings: readonly Setting[] }) => (
  <List>
    {settings
      .filter(({ href }) => isListed(href, props.hasMail))
      .map(({ state, ...setting }) => (
        <SettingRow {...setting} state={state(props)} />
      ))}
  </List>
)
