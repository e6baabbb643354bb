import type { AccessSummary } from '@/model/accounts/access-summary'
import type { User } from '@/model/types'
import { SessionState, TokenState } from '@/ui/access-state'
import { Html } from '@/ui/html'
import { List } from '@/ui/list-row'
import { LocalTime } from '@/ui/local-time'
import { isListed } from '@/ui/menu'
import { SettingRow, type SettingRowProps } from '@/ui/setting-row'

type CheckUpProps = { user: User; access: AccessSummary }

type Check = Omit<SettingRowProps, 'icon' | 'tone' | 'state'> & {
  state: (props: CheckUpProps) => JSX.Element
}

/** One entry per row. */
const allChecks: readonly Check[] = [
  {
    title: 'Password',
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
    state: ({ access }) => <SessionState {...access} />,
    href: '/settings/sessions',
    link: 'Review',
  },
  {
    title: 'API tokens',
    state: ({ access }) => <TokenState {...access} />,
    href: '/settings/tokens',
    link: 'Review',
  },
]

const checks = allChecks.filter(({ href }) => isListed(href))

/** Whether the account is safe, with links to the settings. */
export const CheckUp = (props: CheckUpProps) => (
  <List>
    {checks.map(({ state, ...check }) => (
      <SettingRow {...check} icon="check" tone="success" state={state(props)} />
    ))}
  </List>
)
