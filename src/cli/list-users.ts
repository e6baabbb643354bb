import type { Deps } from '@/deps/deps'
import { isTwoStepOn } from '@/model/factors/assurance'
import { countPasskeysOf } from '@/model/passkeys/passkeys'
import { listUsers } from '@/model/users/user-list'
import type { UserWithStatus } from '@/model/types'
import { alignColumns } from './align-columns'
import { success } from './output'

const HEADER = ['EMAIL', 'NAME', 'ROLE', 'STATE', 'TWO-STEP', 'PASSKEYS', 'CREATED']

type Row = UserWithStatus & { passkeys: number }

export async function listUsersCommand(deps: Deps) {
  const users = await readAllUsers(deps)
  return users.length === 0
    ? success('There are no users yet.')
    : success(...alignColumns([HEADER, ...users.map(toCells)]))
}

async function readAllUsers(deps: Deps) {
  const all: Row[] = []
  for (let hasMore = true; hasMore;) {
    const page = await listUsers(deps, { after: all.at(-1)?.id })
    const passkeys = await countPasskeysOf(deps, page.users)
    all.push(...page.users.map((user) => ({ ...user, passkeys: passkeys.get(user.id) ?? 0 })))
    hasMore = page.hasNext
  }
  return all
}

const toCells = ({ email, name, role, state, passkeys, created_at, ...user }: Row) => [
  email,
  name,
  role,
  state,
  isTwoStepOn(user) ? 'on' : 'off',
  `${passkeys}`,
  new Date(created_at).toISOString().slice(0, 10),
]
