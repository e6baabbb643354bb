import type { Deps } from '@/deps/deps'
import { listUsers } from '@/model/users/user-list'
import type { UserWithStatus } from '@/model/types'
import { alignColumns } from './align-columns'
import { success } from './output'

const HEADER = ['EMAIL', 'NAME', 'ROLE', 'STATE', 'CREATED']

export async function listUsersCommand(deps: Deps) {
  const users = await readAllUsers(deps)
  return users.length === 0
    ? success('There are no users yet.')
    : success(...alignColumns([HEADER, ...users.map(toCells)]))
}

async function readAllUsers(deps: Deps) {
  const all: UserWithStatus[] = []
  for (let hasMore = true; hasMore;) {
    const page = await listUsers(deps, { after: all.at(-1)?.id })
    all.push(...page.users)
    hasMore = page.hasNext
  }
  return all
}

const toCells = ({ email, name, role, state, created_at }: UserWithStatus) => [
  email,
  name,
  role,
  state,
  new Date(created_at).toISOString().slice(0, 10),
]
