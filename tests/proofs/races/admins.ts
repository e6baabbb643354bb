import type { ProofSite } from '../site'
import { outcomeOf } from '../http'
import { count, get, post, somebody, volley, volleyAround, type Race } from './race'

const ACTIVE = `users where role = 'admin' and deactivated_at is null`

/** The only two admins that the site has. */
async function twoAdmins(site: ProofSite) {
  const others = site.find(`select id from ${ACTIVE}`)
  const two = [await somebody(site, { role: 'admin' }), await somebody(site, { role: 'admin' })] as const
  for (const id of others) await site.tell({ kind: 'deactivate', id: `${id}` })
  return two
}

type Admin = Awaited<ReturnType<typeof somebody>>

const lastAdmin = (name: string, request: (by: Admin, other: Admin) => ReturnType<typeof post>): Race => ({
  name,
  async round(site) {
    const [ann, eve] = await twoAdmins(site)
    const answers = await volley(site, (i) => (i % 2 ? request(ann, eve) : request(eve, ann)))
    return {
      answers,
      effects: count(site, ACTIVE),
      wanted: 1,
      others: ['303 /admin/users/:id', '303 /dashboard', '303 /login', '403', '422'],
    }
  },
})

const demote = ({ browser }: Pick<Admin, 'browser'>, { user }: Pick<Admin, 'user'>) =>
  post(`/admin/users/${user.id}/role`, { role: 'user' }, browser.jar)

const readWithOldRole: Race = {
  name: 'reads of an admin page, whose reader is no longer support',
  async round(site) {
    const [admin, support] = [await somebody(site, { role: 'admin' }), await somebody(site, { role: 'support' })]
    const { answers, after } = await volleyAround(site, demote(admin, support), () =>
      get('/admin/users', support.browser.jar),
    )
    return {
      answers,
      effects: after.filter(({ status }) => status === 200).length,
      wanted: 0,
      exactly: { '303 /admin/users/:id': 1 },
      others: ['200', '403', '303 /login'],
    }
  },
}

const changeWithOldRole: Race = {
  name: 'changes by an admin who is none any more',
  async round(site) {
    const [admin, other] = [await somebody(site, { role: 'admin' }), await somebody(site, { role: 'admin' })]
    const bob = await site.makeUser()
    const roles = ['support', 'user']
    const { answers, after } = await volleyAround(site, demote(admin, other), (i) =>
      post(`/admin/users/${bob.id}/role`, { role: roles[i % 2] ?? '' }, other.browser.jar),
    )
    const isDone = (answer: (typeof answers)[number]) => outcomeOf(answer) === '303 /admin/users/:id'
    const events = `security_events where user_id = ? and kind = 'role-changed'`
    const [at = 0] = site.find(`select at from ${events}`, other.user.id)
    return {
      answers,
      effects: after.filter(isDone).length + count(site, `${events} and at > ?`, bob.id, `${at}`),
      wanted: 0,
      others: ['303 /admin/users/:id', '403', '303 /login'],
    }
  },
}

export const adminRaces = [
  lastAdmin('two admins take each other’s role', demote),
  lastAdmin('two admins deactivate each other', ({ browser }, { user }) =>
    post(`/admin/users/${user.id}/deactivate`, {}, browser.jar),
  ),
  lastAdmin('two admins step down', (admin) => demote(admin, admin)),
  readWithOldRole,
  changeWithOldRole,
]
