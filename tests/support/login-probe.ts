import { Elysia } from 'elysia'
import type { User } from '@/model/types'
import type { AuthOptions } from '@/http/types/auth-options'
import type { Context } from '@/http/types/context'
import { annAndEve } from './people'
import type { Site } from './site'

type Options = Partial<Parameters<Context['logIn']>[1]>

/** A site where `/log-in` logs ann in with the given options and reports the result. */
export async function siteWithLoginProbe(options: Options = {}, auth?: AuthOptions, as: Partial<User> = {}) {
  const site = await annAndEve({ SESSION_IDLE_SECONDS: '3600' }, auth)
  const feature = new Elysia({ prefix: '/log-in' }).use(site.guards.anyone)
  site.app.use(
    feature.post('/', async ({ logIn, reply }) => {
      const { kind } = await logIn({ ...site.users.ann, ...as }, { method: 'password', ...options })
      return reply.text(kind === 'logged-in' ? 'in' : 'out')
    }),
  )
  return { ...site, anns: site.browser() }
}

/** All rows that a login could write, in one order on each database. */
export const storedSessions = async ({ deps: { db } }: Pick<Site, 'deps'>) =>
  [
    await db.selectFrom('sessions').selectAll().orderBy('id').execute(),
    await db.selectFrom('remember_series').selectAll().orderBy('id').execute(),
    await db.selectFrom('remember_secrets').selectAll().orderBy('secret_hash').execute(),
  ] as const
