import type { ProofSite } from '../site'
import { outcomeOf, type Answer } from '../http'
import { count, get, post, loggedInUser, sendConcurrently, sendAround, type Race } from './race'

const ACTIVE = `users where role = 'admin' and deactivated_at is null`

/** The site has no other active admin. */
async function twoAdmins(site: ProofSite) {
  const others = await site.find(`select id from ${ACTIVE}`)
  const two = [await loggedInUser(site, { role: 'admin' }), await loggedInUser(site, { role: 'admin' })] as const
  for (const id of others) await site.send({ kind: 'deactivate', id: `${id}` })
  return two
}

type Admin = Awaited<ReturnType<typeof loggedInUser>>

const lastAdmin = (name: string, request: (by: Admin, other: Admin) => ReturnType<typeof post>): Race => ({
  name,
  async round(site) {
    const [ann, eve] = await twoAdmins(site)
    const answers = await sendConcurrently(site, (i) => (i % 2 ? request(ann, eve) : request(eve, ann)))
    return {
      answers,
      effects: await count(site, ACTIVE),
      allowed: 1,
      others: ['303 /admin/users/:id', '303 /dashboard', '303 /login', '403', '422'],
    }
  },
})

const demote = ({ browser }: Pick<Admin, 'browser'>, { user }: Pick<Admin, 'user'>) =>
  post(`/admin/users/${user.id}/role`, { role: 'user' }, browser.jar)

const readWithOldRole: Race = {
  name: 'reads of an admin page by a demoted user',
  async round(site) {
    const [admin, support] = [
      await loggedInUser(site, { role: 'admin' }),
      await loggedInUser(site, { role: 'support' }),
    ]
    const { sent, after } = await sendAround(site, demote(admin, support), () =>
      get('/admin/users', support.browser.jar),
    )
    return {
      ...sent,
      effects: after.filter(({ status }) => status === 200).length,
      allowed: 0,
      exactly: { '303 /admin/users/:id': 1 },
      others: ['200', '403', '303 /login'],
    }
  },
}

const changeWithOldRole: Race = {
  name: 'changes by a demoted admin',
  async round(site) {
    const [admin, other] = [await loggedInUser(site, { role: 'admin' }), await loggedInUser(site, { role: 'admin' })]
    const bob = await site.createUser()
    const roles = ['support', 'user']
    const { sent, after } = await sendAround(site, demote(admin, other), (i) =>
      post(`/admin/users/${bob.id}/role`, { role: roles[i % 2] ?? '' }, other.browser.jar),
    )
    const isDone = (answer: Answer) => outcomeOf(answer) === '303 /admin/users/:id'
    const events = `security_events where user_id = ? and kind = 'role-changed'`
    const [demotedAt = 0] = await site.find(`select created_at from ${events}`, other.user.id)
    return {
      ...sent,
      effects:
        after.filter(isDone).length + (await count(site, `${events} and created_at > ?`, bob.id, `${demotedAt}`)),
      allowed: 0,
      others: ['303 /admin/users/:id', '403', '303 /login'],
    }
  },
}

export const adminRaces = [
  lastAdmin('two admins demote each other', demote),
  lastAdmin('two admins deactivate each other', ({ browser }, { user }) =>
    post(`/admin/users/${user.id}/deactivate`, {}, browser.jar),
  ),
  lastAdmin('two admins demote themselves', (admin) => demote(admin, admin)),
  readWithOldRole,
  changeWithOldRole,
]
