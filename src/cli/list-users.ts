import type { Deps } from '@/deps/deps'
import { listAccounts } from '@/model/users/user-list'
import type { Account } from '@/model/types'
import { done } from './output'

const HEAD = ['EMAIL', 'NAME', 'ROLE', 'STATE', 'CREATED']

/** Every user, one on a line, in columns that stand below each other. */
export async function listUsers(deps: Deps) {
  const accounts = await readAll(deps)
  return accounts.length === 0 ? done('There are no users yet.') : done(...align([HEAD, ...accounts.map(cellsOf)]))
}

async function readAll(deps: Deps) {
  const all: Account[] = []
  for (let hasMore = true; hasMore;) {
    const page = await listAccounts(deps, { after: all.at(-1)?.id })
    all.push(...page.accounts)
    hasMore = page.hasMore
  }
  return all
}

const cellsOf = ({ email, name, role, deactivated_at, created_at }: Account) => [
  email,
  name,
  role,
  deactivated_at === null ? 'active' : 'deactivated',
  new Date(created_at).toISOString().slice(0, 10),
]

/** By what a terminal shows: some letters are two columns wide. */
function align(rows: string[][]) {
  const widths = HEAD.map((_, i) => rows.reduce((widest, row) => Math.max(widest, Bun.stringWidth(row[i] ?? '')), 0))
  const pad = (cell: string, i: number) => cell + ' '.repeat((widths[i] ?? 0) - Bun.stringWidth(cell))
  return rows.map((row) => row.map(pad).join('  ').trimEnd())
}
