import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { changeRole } from '@/model/users/roles'
import { revokeSessionsOf } from '@/model/sessions/end-all'
import { ann, annAndEve, eve, authenticateUser } from '../../support/people'

/** Both are logged in and remembered. */
async function annBesideEve(env: Record<string, string> = {}) {
  const site = await annAndEve(env)
  const [annsBrowser, evesBrowser] = [site.browser(), site.browser()]
  await annsBrowser.post('/login', { ...ann, remember: 'yes' })
  await evesBrowser.post('/login', { ...eve, remember: 'yes' })
  await evesBrowser.get('/probe')
  const evesRows = async () => {
    const { id } = site.users.eve
    return [
      await site.deps.db.selectFrom('users').selectAll().where('id', '=', id).execute(),
      await site.deps.db.selectFrom('sessions').selectAll().where('user_id', '=', id).execute(),
      await site.deps.db.selectFrom('remember_series').selectAll().where('user_id', '=', id).execute(),
    ]
  }
  return { ...site, annsBrowser, evesBrowser, evesRows }
}

type Site = Awaited<ReturnType<typeof annBesideEve>>
const newPassword = { password: ann.password, new_password: 'five boxing wizards' }

const changesOfAnn: [string, (site: Site) => Promise<unknown>, Record<string, string>?][] = [
  ['changes her name', ({ annsBrowser }) => annsBrowser.post('/profile', { name: 'Anna' })],
  ['changes her password', ({ annsBrowser }) => annsBrowser.post('/settings/password', newPassword)],
  ['logs out', ({ annsBrowser }) => annsBrowser.post('/logout')],
  [
    'logs out of a session that had ended',
    async ({ annsBrowser, deps, users }) => {
      await revokeSessionsOf(deps, users.ann, 'command line')
      await annsBrowser.post('/logout')
    },
  ],
  ['logs in again', ({ browser }) => browser().post('/login', ann)],
  [
    'reauthenticates',
    async ({ annsBrowser, advance }) => (advance(1000), annsBrowser.post('/relogin', { password: ann.password })),
    { FRESH_SECONDS: '1' },
  ],
  ['is restored by remember me', async ({ annsBrowser }) => (annsBrowser.close(), annsBrowser.get('/profile'))],
  [
    'loses a copy of her remember token',
    async ({ annsBrowser, advance }) => {
      const attacker = annsBrowser.copy()
      attacker.close()
      annsBrowser.close()
      await attacker.get('/profile')
      advance(minutes(1))
      await annsBrowser.get('/profile')
    },
  ],
  ['changes the client', ({ annsBrowser }) => annsBrowser.copy('Another browser').get('/profile')],
  [
    'changes the client under strong protection',
    ({ annsBrowser }) => annsBrowser.copy('Another browser').get('/profile'),
    { SESSION_PROTECTION: 'strong' },
  ],
  ['gets another role', ({ deps, users }) => changeRole(deps, users.ann, 'support', 'command line')],
  ['loses all sessions', ({ deps, users }) => revokeSessionsOf(deps, users.ann, 'command line')],
  ['is deactivated', ({ deps, users }) => deactivateUser(deps, users.ann, 'command line')],
  ['is activated', ({ deps, users }) => activateUser(deps, users.ann, 'command line')],
  [
    'gets a hash of a new cost',
    ({ deps }) => ((deps.config.passwords.cost.time = 2), authenticateUser(deps, ann.email, ann.password)),
  ],
]

test.each(changesOfAnn.map(([name, change, env = {}]) => [name, change, env] as const))(
  'when ann %s, eve’s rows and sessions do not change',
  async (_, change, env) => {
    const site = await annBesideEve(env)
    const before = await site.evesRows()
    await change(site)
    expect<unknown>(await site.evesRows()).toEqual(before)
    expect((await site.evesBrowser.get('/profile')).html).toContain('Welcome, Eve!')
  },
)

test('the activation of ann does not activate eve', async () => {
  const { deps, users, browser } = await annBesideEve()
  await deactivateUser(deps, users.ann, 'command line')
  await deactivateUser(deps, users.eve, 'command line')
  await activateUser(deps, users.ann, 'command line')
  expect((await browser().post('/login', eve)).status).toBe(422)
})
