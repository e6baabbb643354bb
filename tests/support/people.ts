import type { Deps } from '@/deps/deps'
import { authenticate } from '@/model/accounts/authenticate'
import { createUser } from '@/model/users/users'
import type { AuthOptions } from '@/http/types/auth-options'
import { openSite, type Site } from './site'

export const ann = { email: 'ann@example.test', name: 'Ann', password: 'correct horse battery' }
export const eve = { email: 'eve@example.test', name: 'Eve', password: 'behind the arras' }

export async function annAndEve(env?: Record<string, string>, auth?: AuthOptions) {
  return createPeople(await openSite(env, auth))
}

export async function createPeople<T extends Pick<Site, 'deps'>>(site: T) {
  const users = { ann: await createUser(site.deps, ann), eve: await createUser(site.deps, eve) }
  if (!users.ann || !users.eve) throw new Error('the address of a test person is taken')
  return { ...site, users: { ann: users.ann, eve: users.eve } }
}

export async function annLoggedIn(env?: Record<string, string>, auth?: AuthOptions) {
  const site = await annAndEve(env, auth)
  const annsBrowser = site.browser()
  await annsBrowser.post('/login', ann)
  await annsBrowser.get('/probe') // consumes the flash message of the login
  return { ...site, annsBrowser }
}

/** Ann logged in with `Remember me` and closed the browser: only the remember token is left. */
export async function annRemembered(env?: Record<string, string>, auth?: AuthOptions) {
  const site = await annAndEve(env, auth)
  const annsBrowser = site.browser()
  await annsBrowser.post('/login', { ...ann, remember: 'yes' })
  await annsBrowser.get('/probe')
  annsBrowser.close()
  return { ...site, annsBrowser }
}

export async function authenticateUser(deps: Deps, email: string, password: string) {
  const tried = await authenticate(deps, email, password)
  return tried.kind === 'ok' ? tried.user : undefined
}

export async function passwordHashOf({ deps }: Pick<Site, 'deps'>) {
  const row = deps.db.selectFrom('users').select('password_hash').where('email', '=', ann.email)
  return (await row.executeTakeFirstOrThrow()).password_hash
}
