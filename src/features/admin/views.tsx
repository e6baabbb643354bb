import type { UserWithStatus } from '@/model/types'
import { PageHead } from '@/ui/page-head'
import { EmailOfUser } from '@/ui/email'
import { Html, type View } from '@/ui/html'

type UsersProps = { users: UserWithStatus[]; hasPrevious: boolean; hasNext: boolean; search: string }

export const UsersPage = ({ users, hasPrevious, hasNext, search }: UsersProps): View => ({
  title: 'Users',
  body: (
    <>
      <PageHead title="Users" />
      <search>
        <form method="get" action="/admin/users" class="search">
          <label for="q">Email or name</label>
          <input id="q" name="q" type="text" value={Html.escapeHtml(search)} autocomplete="off" spellcheck="false" />
          <button type="submit">Search</button>
        </form>
      </search>
      {users.length === 0 ? (
        <p class="prose">No users found. Try a shorter part of the email address or name.</p>
      ) : (
        <ul class="rows card">
          {users.map((account) => (
            <UserRow account={account} />
          ))}
        </ul>
      )}
      <Pages last={users.at(-1)?.id} isFirst={!hasPrevious} hasMore={hasNext} search={search} />
    </>
  ),
})

const UserRow = ({ account: { id, name, email, role, deactivated_at } }: { account: UserWithStatus }) => (
  <li>
    <a href={`/admin/users/${encodeURIComponent(id)}`}>
      <bdi safe>{name}</bdi>
    </a>
    <p>
      <EmailOfUser email={email} />
    </p>
    <p class="badges">
      {role === 'user' ? null : <span class="badge">{role}</span>}
      {deactivated_at === null ? null : <span class="badge badge-danger">deactivated</span>}
    </p>
  </li>
)

type PagesProps = { last?: string; isFirst: boolean; hasMore: boolean; search: string }

const Pages = ({ last, isFirst, hasMore, search }: PagesProps) => {
  const page = (after?: string) => `/admin/users?${new URLSearchParams({ q: search, ...(after && { after }) })}`
  return isFirst && !hasMore ? null : (
    <nav class="pages" aria-label="Pages">
      {isFirst ? null : <a href={page()}>First page</a>}
      {hasMore ? <a href={page(last)}>Next page</a> : null}
    </nav>
  )
}
