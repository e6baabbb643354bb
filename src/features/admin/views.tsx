import { capitalize } from '@/lib/capitalize'
import { TwoStepAdvice } from '@/ui/two-step-advice'
import type { UserState } from '@/model/types'
import type { Role } from '@/model/users/roles'
import type { ListedUser, UserPage, UserSort } from '@/model/users/user-list'
import { LinkButton } from '@/ui/button'
import { EmptyState } from '@/ui/card'
import { EmailOfUser } from '@/ui/email'
import { SearchForm } from '@/ui/search-form'
import { Html, type View } from '@/ui/html'
import { PageHead } from '@/ui/page-head'
import { Pager } from '@/ui/pager'
import { Filter, Filters, Table, type Column } from '@/ui/table'
import { LastActive, RoleText, StateText } from './user-text'

type Search = { query: string; role?: Role; state?: UserState; sort: UserSort }

type UsersProps = UserPage & {
  search: Search
  roles: readonly Role[]
  states: readonly UserState[]
  maxCount: number
  /** Whether the admin who reads this has two-step verification. */
  isTwoStep: boolean
}

export const UsersPage = ({
  users,
  total,
  hasPrevious,
  hasNext,
  search,
  roles,
  states,
  maxCount,
  isTwoStep,
}: UsersProps): View => ({
  title: 'Users',
  body: (
    <>
      <PageHead
        title="Users"
        count={total > maxCount ? `${maxCount.toLocaleString('en')}+` : total.toLocaleString('en')}
      >
        <SearchForm
          action="/admin/users"
          label="Email or name"
          value={search.query}
          hidden={paramsOf({ ...search, query: '' })}
        />
      </PageHead>
      <TwoStepAdvice isTwoStep={isTwoStep} />
      <Filters>
        <Filter title="Role" choices={choicesOf(search, 'role', roles)} />
        <Filter title="State" choices={choicesOf(search, 'state', states)} />
      </Filters>
      {users.length === 0 ? (
        <EmptyState
          title="No users found"
          text={
            search.query === ''
              ? 'No user has this role and state.'
              : 'Try a shorter part of the email address or name.'
          }
        >
          <LinkButton href="/admin/users" text="All users" kind="secondary" />
        </EmptyState>
      ) : (
        <Table caption="Users" columns={columnsOf(search)}>
          {users.map((account) => (
            <UserRow account={account} />
          ))}
        </Table>
      )}
      <Pager
        newer={hasPrevious ? urlOf(search, { before: users[0]?.id }) : undefined}
        older={hasNext ? urlOf(search, { after: users.at(-1)?.id }) : undefined}
      />
    </>
  ),
})

const UserRow = ({ account }: { account: ListedUser }) => (
  <tr>
    <td>
      <a href={`/admin/users/${encodeURIComponent(account.id)}`}>
        <bdi safe>{account.name}</bdi>
      </a>
    </td>
    <td>
      <EmailOfUser email={account.email} />
    </td>
    <td class={account.role === 'user' ? 'usual' : 'short'}>
      <RoleText role={account.role} />
    </td>
    <td class={account.state === 'active' ? 'usual' : 'short'}>
      <StateText state={account.state} />
    </td>
    <td class="short muted">
      <LastActive at={account.lastActive} />
    </td>
  </tr>
)

function paramsOf({ query, role, state, sort }: Search) {
  const params = { q: query, role, state, sort: sort === 'email' ? undefined : sort }
  return Object.entries(params).flatMap(([name, value]): [string, string][] => (value ? [[name, value]] : []))
}

function urlOf(search: Search, cursor: { after?: string; before?: string } = {}) {
  const params = new URLSearchParams(paramsOf(search))
  for (const [name, value] of Object.entries(cursor)) if (value) params.set(name, value)
  return params.size === 0 ? '/admin/users' : `/admin/users?${params}`
}

const choicesOf = <Name extends 'role' | 'state'>(search: Search, name: Name, values: readonly (Role | UserState)[]) =>
  [undefined, ...values].map((value) => ({
    text: value === undefined ? 'All' : capitalize(value),
    href: urlOf({ ...search, [name]: value }),
    isCurrent: search[name] === value,
  }))

const columnsOf = (search: Search): Column[] => [
  sortable(search, 'Name', 'name'),
  sortable(search, 'Email', 'email'),
  { title: 'Role' },
  { title: 'State' },
  { title: 'Last active' },
]

const sortable = (search: Search, title: string, sort: 'name' | 'email'): Column => ({
  title,
  href: urlOf({ ...search, sort: search.sort === sort ? `-${sort}` : sort }),
  sort: search.sort === sort ? 'ascending' : search.sort === `-${sort}` ? 'descending' : undefined,
})
