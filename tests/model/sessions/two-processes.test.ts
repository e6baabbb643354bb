import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { changeRole } from '@/model/users/roles'
import { revokeSessionsOf } from '@/model/sessions/end'
import { ann, annAndEve, eve, authenticateUser } from '../../support/people'

/** Ann and eve are both logged in and remembered. What happens to ann must not touch eve: not her row, nor her sessions. */
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
const change = { password: ann.password, new_password: 'five boxing wizards' }

const whatHappensToAnn: [string, (site: Site) => Promise<unknown>, Record<string, string>?][] = [
  ['changes her name', ({ annsBrowser }) => annsBrowser.post('/profile', { name: 'Anna' })],
  ['changes her password', ({ annsBrowser }) => annsBrowser.post('/settings/password', change)],
  ['logs out', ({ annsBrowser }) => annsBrowser.post('/logout')],
  [
    'logs out of a session that had ended',
    async ({ annsBrowser, deps, users }) => {
      await revokeSessionsOf(deps, users.ann, 'by hand')
      await annsBrowser.post('/logout')
    },
  ],
  ['logs in again', ({ browser }) => browser().post('/login', ann)],
  [
    'types her password again',
    async ({ annsBrowser, advance }) => (advance(1000), annsBrowser.post('/relogin', { password: ann.password })),
    { FRESH_SECONDS: '1' },
  ],
  ['is remembered', async ({ annsBrowser }) => (annsBrowser.close(), annsBrowser.get('/profile'))],
  [
    'is robbed of her remember token',
    async ({ annsBrowser, advance }) => {
      const thief = annsBrowser.copy()
      thief.close()
      annsBrowser.close()
      await thief.get('/profile')
      advance(minutes(1))
      await annsBrowser.get('/profile')
    },
  ],
  ['moves to another client', ({ annsBrowser }) => annsBrowser.copy('Another browser').get('/profile')],
  [
    'moves to another client under strong protection',
    ({ annsBrowser }) => annsBrowser.copy('Another browser').get('/profile'),
    { SESSION_PROTECTION: 'strong' },
  ],
  ['is given another role', ({ deps, users }) => changeRole(deps, users.ann, 'support', 'by hand')],
  ['is ended everywhere', ({ deps, users }) => revokeSessionsOf(deps, users.ann, 'by hand')],
  ['is deactivated', ({ deps, users }) => deactivateUser(deps, users.ann, 'by hand')],
  ['is activated', ({ deps, users }) => activateUser(deps, users.ann, 'by hand')],
  [
    'has her hash made anew',
    ({ deps }) => ((deps.config.passwords.cost.time = 2), authenticateUser(deps, ann.email, ann.password)),
  ],
]

test.each(whatHappensToAnn.map(([what, happen, env = {}]) => [what, happen, env] as const))(
  'when ann %s, eve does not notice',
  async (_, happen, env) => {
    const site = await annBesideEve(env)
    const before = await site.evesRows()
    await happen(site)
    expect(await site.evesRows()).toEqual(before as never)
    expect((await site.evesBrowser.get('/profile')).html).toContain('Welcome, Eve!')
  },
)

test('activating ann leaves eve shut out', async () => {
  const { deps, users, browser } = await annBesideEve()
  await deactivateUser(deps, users.ann, 'by hand')
  await deactivateUser(deps, users.eve, 'by hand')
  await activateUser(deps, users.ann, 'by hand')
  expect((await browser().post('/login', eve)).status).toBe(422)
})
