import type { Deps } from '@/deps/deps'

/** How many active admins a stolen password alone gives access to. */
export async function countAdminsAtRisk({ db }: Pick<Deps, 'db'>) {
  const { count } = await db
    .selectFrom('users')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('role', '=', 'admin')
    .where('deactivated_at', 'is', null)
    .where('deletion_at', 'is', null)
    .where('two_step_enabled_at', 'is', null)
    .where('password_hash', 'is not', null)
    .executeTakeFirstOrThrow()
  return Number(count)
}
