import type { Deps } from '@/deps/deps'
import { listUsers } from '@/model/users/user-list'
import type { UserWithStatus } from '@/model/types'
import { success } from './output'

const HEADER = ['EMAIL', 'NAME', 'ROLE', 'STATE', 'CREATED']

export async function listUsersCommand(deps: Deps) {
  const users = await readAllUsers(deps)
  return users.length === 0 ? success('There are no users yet.') : success(...align([HEADER, ...users.map(toCells)]))
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

/** `Bun.stringWidth`, because some characters take two columns in a terminal. */
function align(rows: string[][]) {
  const widths = HEADER.map((_, i) => rows.reduce((widest, row) => Math.max(widest, Bun.stringWidth(row[i] ?? '')), 0))
  const pad = (cell: string, i: number) => cell + ' '.repeat((widths[i] ?? 0) - Bun.stringWidth(cell))
  return rows.map((row) => row.map(pad).join('  ').trimEnd())
}
