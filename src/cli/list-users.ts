import type { Deps } from '@/deps/deps'
import { listUsers } from '@/model/users/user-list'
import type { UserWithStatus } from '@/model/types'
import { success } from './output'

const HEADER = ['EMAIL', 'NAME', 'ROLE', 'STATE', 'CREATED']

/** Every user, one on a line, in columns that stand below each other. */
export async function listUsersCommand(deps: Deps) {
  const accounts = await readAllUsers(deps)
  return accounts.length === 0
    ? success('There are no users yet.')
    : success(...align([HEADER, ...accounts.map(toCells)]))
}

async function readAllUsers(deps: Deps) {
  const all: UserWithStatus[] = []
  for (let hasMore = true; hasMore;) {
    const page = await listUsers(deps, { after: all.at(-1)?.id })
    all.push(...page.users)
    hasMore = page.hasMore
  }
  return all
}

const toCells = ({ email, name, role, deactivated_at, created_at }: UserWithStatus) => [
  email,
  name,
  role,
  deactivated_at === null ? 'active' : 'deactivated',
  new Date(created_at).toISOString().slice(0, 10),
]

/** By what a terminal shows: some letters are two columns wide. */
function align(rows: string[][]) {
  const widths = HEADER.map((_, i) => rows.reduce((widest, row) => Math.max(widest, Bun.stringWidth(row[i] ?? '')), 0))
  const pad = (cell: string, i: number) => cell + ' '.repeat((widths[i] ?? 0) - Bun.stringWidth(cell))
  return rows.map((row) => row.map(pad).join('  ').trimEnd())
}
