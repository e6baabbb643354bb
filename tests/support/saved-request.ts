import { minutes } from '@/lib/duration'
import { ann, annLoggedIn } from './people'

/** Ann posted a form after her session expired. It is saved until she logs in. */
export async function annWithSavedRequest(fields: Record<string, string> = { name: 'Ann Lee' }, path = '/profile') {
  const site = await annLoggedIn()
  site.advance(minutes(5))
  await site.annsBrowser.post(path, fields)
  const { db } = site.deps
  return {
    ...site,
    back: () => site.annsBrowser.post('/relogin', { password: ann.password }),
    names: async () =>
      (await db.selectFrom('users').select('name').orderBy('canonical_email').execute()).map((row) => row.name),
    savedRequest: () => db.selectFrom('saved_requests').selectAll().executeTakeFirstOrThrow(),
    savedRequests: () => db.selectFrom('saved_requests').selectAll().orderBy('created_at').orderBy('id').execute(),
  }
}
