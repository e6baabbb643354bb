import type { AccessSummary } from '@/model/accounts/access-summary'
import type { User } from '@/model/types'
import { SessionState, TokenState } from '@/ui/access-state'
import { LinkButton } from '@/ui/button'
import { Html, type View } from '@/ui/html'
import type { IconName } from '@/ui/icon'
import { List, ListRow } from '@/ui/list-row'
import { LocalTime } from '@/ui/local-time'
import { LockBadge } from '@/ui/lock-badge'
import { isListed } from '@/ui/menu'
import { PageHead, Section, Sections } from '@/ui/page-head'

type StateProps = { user: User; access: AccessSummary }

type Setting = {
  title: string
  icon: IconName
  /** The present state, in one line. */
  state: (props: StateProps) => JSX.Element
  href: string
  link: string
  asksForPassword?: boolean
}

const account: readonly Setting[] = [
  {
    title: 'Profile',
    icon: 'user',
    state: ({ user }) => <bdi safe>{user.name}</bdi>,
    href: '/profile',
    link: 'Edit',
  },
]

const access: readonly Setting[] = [
  {
    title: 'Password',
    icon: 'lock',
    state: ({ user }) => (
      <>
        Changed <LocalTime at={user.password_changed_at} />
      </>
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

export const SettingsPage = ({ isFresh, ...props }: StateProps & { isFresh: boolean }): View => ({
  title: 'Settings',
  body: (
    <>
      <PageHead title="Settings" />
      <Sections>
        <Section title="Account">
          <SettingList settings={account} {...props} />
        </Section>
        <Section title="Access" aside={<LockBadge isFresh={isFresh} />}>
          <SettingList settings={access} {...props} />
        </Section>
      </Sections>
    </>
  ),
})

const SettingList = ({ settings, ...props }: StateProps & { settings: readonly Setting[] }) => (
  <List>
    {settings
      .filter(({ href }) => isListed(href))
      .map(({ title, icon, state, href, link, asksForPassword }) => (
        <ListRow
          icon={icon}
          title={title}
          line={state(props)}
          action={
            <LinkButton
              href={href}
              text={link}
              ariaLabel={`${link}: ${title}`}
              kind="secondary"
              isSmall
              asksForPassword={asksForPassword}
            />
          }
        />
      ))}
  </List>
)
