import type { AccessSummary } from '@/model/accounts/access-summary'
import type { User } from '@/model/types'
import { SessionState, TokenState } from '@/ui/access-state'
import { LinkButton } from '@/ui/button'
import { Html } from '@/ui/html'
import type { Tone } from '@/ui/icon'
import { List, ListRow } from '@/ui/list-row'
import { LocalTime } from '@/ui/local-time'
import { isListed } from '@/ui/menu'

type CheckUpProps = { user: User; access: AccessSummary }

type Check = {
  title: string
  state: (props: CheckUpProps) => JSX.Element
  /** The page where the user changes it. */
  href: string
  link: string
  asksForPassword?: boolean
  /** True if the user should act. */
  needsAttention?: (props: CheckUpProps) => boolean
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
    {checks.map(({ title, state, href, link, asksForPassword, needsAttention }) => {
      const tone: Tone = needsAttention?.(props) ? 'warning' : 'success'
      return (
        <ListRow
          icon={tone === 'success' ? 'check' : 'alert'}
          tone={tone}
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
      )
    })}
  </List>
)
