import type { User } from '@/model/types'
import { days } from '@/lib/duration'
import { enqueueMail } from '@/model/mails/mails'
import { listPasskeys } from '@/model/passkeys/passkeys'
import { listActiveSessions } from '@/model/sessions/expiry'
import { createAuthenticator, type Authenticator } from './authenticator'
import { addPasskey } from './passkeys'
import { eve } from './people'
import { addApp } from './second-factors'
import type { Site } from './site'
import { makeToken } from './tokens'
// Your models. Their fixtures are at the end.

type Fixture = {
  /** The person who may send the form: `visitor`, `eve` (a user) or `ann` (an admin). */
  person?: 'visitor' | 'eve' | 'ann'
  /** The login is stale when the form is sent. */
  isStale?: boolean
  /** All fields with values that the route accepts. */
  fields?: Record<string, string>
  /** The status of the response, if it is no success. */
  status?: number
  /** Creates what the parameter of the path names, for this owner, and returns its id. */
  row?: (site: Pick<Site, 'deps' | 'as'>, owner: User) => Promise<string>
  /** The table whose ids the route accepts from a person with the permission, for any owner. */
  table?: string
}

const fixtures = new Map<string, Fixture>()

/** Makes the walkers stricter for a route, `POST /notes` for example: they expect success where they only compare. */
export const fixture = (route: string, one: Fixture) => void fixtures.set(route, one)

export const findFixture = (route: string) => fixtures.get(route)
export const listFixtures = () => [...fixtures.values()]

/** Prints the routes that a walker only compares. A missing fixture is no failure there. */
export function printMissing(walker: string, routes: { name: string }[]) {
  const missing = routes.flatMap(({ name }) => (fixtures.has(name) ? [] : name))
  if (missing.length > 0)
    process.stderr.write(`${walker}: only compared, because no fixture has valid fields: ${missing.join(', ')}\n`)
}

const sessionRow: Fixture['row'] = async ({ deps, as }, owner) => {
  await as(owner)
  return (await listActiveSessions(deps, owner))[0]?.id ?? ''
}
const tokenRow: Fixture['row'] = async ({ deps }, owner) =>
  (await makeToken(deps, owner, { name: 'fixture', scopes: [], lifetime: days(1) })).token.id
/** The same in each site, so that walkers can compare two of them. */
const authenticators = new Map<string, Authenticator>()
const passkeyRow: Fixture['row'] = async (site, owner) => {
  const [present] = await listPasskeys(site.deps, owner)
  if (present) return present.id
  const authenticator = authenticators.get(owner.email) ?? createAuthenticator()
  authenticators.set(owner.email, authenticator)
  return (await addPasskey(site, owner, { authenticator })).id
}
const appRow: Fixture['row'] = async (site, owner) => (await addApp(site, owner)).id
const ofUser: Fixture = { person: 'ann', row: async (_, owner) => owner.id, table: 'users' }

const mailRow: Fixture['row'] = ({ deps }, { email }) => enqueueMail(deps, { kind: 'test', recipient: email })
const ofMail: Fixture = { person: 'ann', row: mailRow, table: 'mails' }

fixture('POST /signup', {
  person: 'visitor',
  fields: { email: 'zoe@example.test', name: 'Zoe', password: 'violet marmalade kettle' },
})
fixture('POST /login', { person: 'visitor', fields: { email: eve.email, password: eve.password, remember: 'yes' } })
fixture('POST /logout', { person: 'eve' })
fixture('POST /relogin', { person: 'eve', fields: { password: eve.password }, isStale: true })
fixture('POST /relogin/code', { person: 'eve', fields: { code: '123456' }, isStale: true, status: 200 })
fixture('POST /relogin/passkey', { person: 'eve', fields: { assertion: '{}' }, isStale: true, status: 422 })
fixture('POST /relogin/switch-user', { person: 'eve', isStale: true })
fixture('POST /profile', { person: 'eve', fields: { name: 'Eve B.' } })
fixture('POST /profile/theme', { person: 'eve', fields: { theme: 'dark' } })
fixture('POST /settings/password', {
  person: 'eve',
  fields: { password: eve.password, new_password: 'five boxing wizards' },
})
fixture('POST /settings/security/password/remove', { person: 'eve', status: 409 })
fixture('POST /settings/security/passkeys/:id/rename', { person: 'eve', fields: { name: 'Tablet' }, row: passkeyRow })
fixture('POST /settings/security/passkeys/:id/remove', { person: 'eve', fields: { confirmed: 'yes' }, row: passkeyRow })
fixture('POST /settings/security/passkeys', {
  person: 'eve',
  fields: { attestation: '{}', user_handle: 'handle', name: 'Key' },
  status: 422,
})
fixture('POST /settings/email', { person: 'eve', fields: { email: 'new@example.test' } })
fixture('POST /settings/email/code', { person: 'eve', fields: { code: '1234 5678' }, status: 422 })
fixture('POST /settings/email/send', { person: 'eve' })
fixture('POST /settings/email/cancel', { person: 'eve' })
fixture('POST /settings/notifications', { person: 'eve' })
fixture('POST /settings/export', { person: 'eve' })
fixture('POST /settings/delete', { person: 'eve', fields: { email: eve.email } })
fixture('POST /settings/security/passkeys/decline', { person: 'eve', fields: { next: '/settings' } })
fixture('POST /settings/security/app/new', { person: 'eve' })
fixture('POST /settings/security/app', { person: 'eve', fields: { app: 'x', code: '123456' }, status: 404 })
fixture('POST /settings/security/app/:id/rename', { person: 'eve', fields: { name: 'Tablet' }, row: appRow })
fixture('POST /settings/security/app/:id/remove', { person: 'eve', fields: { confirmed: 'yes' }, row: appRow })
fixture('POST /settings/security/recovery-codes', { person: 'eve', status: 409 })
fixture('POST /settings/security/recovery-codes/saved', { person: 'eve', fields: { saved: 'yes' }, status: 404 })
fixture('POST /settings/security/two-step/on', { person: 'eve', status: 409 })
fixture('POST /settings/security/two-step/off', { person: 'eve', fields: { confirmed: 'yes' } })
fixture('POST /settings/tokens', {
  person: 'eve',
  fields: { name: 'robot', scopes: 'profile:read', expires_days: '7' },
})
fixture('GET /settings/tokens/:id/revoke', { person: 'eve', row: tokenRow })
fixture('POST /settings/tokens/:id/revoke', { person: 'eve', row: tokenRow })
fixture('DELETE /api/tokens/:id', { person: 'eve', row: tokenRow })
fixture('GET /settings/sessions/:id/end', { person: 'eve', row: sessionRow })
fixture('POST /settings/sessions/:id/end', { person: 'eve', row: sessionRow })
fixture('DELETE /api/sessions/:id', { person: 'eve', row: sessionRow })
fixture('POST /settings/sessions/end-others', { person: 'eve' })
fixture('POST /forgot-password', { person: 'visitor', fields: { email: eve.email } })
fixture('POST /session', { person: 'eve' })
fixture('POST /resume', { person: 'eve' })
fixture('POST /resume/discard', { person: 'eve' })
fixture('PATCH /api/me', { person: 'eve', fields: { name: 'Eve B.' } })
fixture('GET /admin/users/:id', ofUser)
fixture('POST /admin/users/:id/role', { ...ofUser, fields: { role: 'support' } })
fixture('POST /admin/users/:id/deactivate', ofUser)
fixture('POST /admin/users/:id/activate', ofUser)
fixture('POST /admin/users/:id/end-sessions', ofUser)
fixture('POST /admin/users/:id/unlock', ofUser)
fixture('POST /admin/users/:id/send-reset', ofUser)
fixture('POST /admin/users/:id/email', { ...ofUser, fields: { email: 'new@example.test' } })
fixture('POST /admin/users/:id/verify-email', ofUser)
fixture('POST /admin/users/:id/send-verification', ofUser)
fixture('POST /admin/mail/:id/retry', ofMail)
fixture('POST /admin/mail/:id/cancel', ofMail)
fixture('GET /admin/users/:id/deactivate', ofUser)
fixture('GET /admin/users/:id/delete', ofUser)
fixture('POST /admin/users/:id/delete', ofUser)
fixture('POST /admin/users/:id/cancel-deletion', ofUser)
fixture('GET /admin/users/:id/end-sessions', ofUser)
fixture('GET /admin/users/:id/reset-two-step', ofUser)
fixture('POST /admin/users/:id/reset-two-step', ofUser)
fixture('POST /settings/security/reset/cancel', { person: 'eve' })
// They need the cookie of a link, of a sign-up or of a login.
fixture('POST /reset-password', { person: 'visitor', fields: { new_password: 'five boxing wizards' }, status: 410 })
fixture('POST /reset-password/second-step', { person: 'visitor', fields: { code: '123456' }, status: 410 })
fixture('POST /reset-password/second-step/passkey', { person: 'visitor', fields: { assertion: '{}' }, status: 410 })
fixture('POST /reset-password/second-step/skip', { person: 'visitor', fields: { factors: 'not-mine' }, status: 410 })
fixture('POST /secure-account', { person: 'visitor', status: 410 })
fixture('POST /login/reset-factors', { person: 'visitor', fields: { action: 'cancel' }, status: 410 })
fixture('POST /login/second-step/lost', { person: 'visitor', status: 303 })
fixture('POST /settings/security/trusted-browsers/revoke', { person: 'eve' })
fixture('POST /login/second-step', { person: 'visitor', fields: { code: '123456' }, status: 303 })
fixture('POST /login/second-step/passkey', { person: 'visitor', fields: { assertion: '{}' }, status: 303 })
fixture('POST /login/second-step/stop', { person: 'visitor' })
fixture('POST /login/code/send', { person: 'visitor', fields: { email: eve.email } })
fixture('POST /login/passkey', { person: 'visitor', fields: { assertion: '{}' }, status: 422 })
fixture('POST /login/code', { person: 'visitor', fields: { code: '12345678' }, status: 410 })
fixture('POST /verify-email', { person: 'visitor', fields: { code: '12345678' }, status: 410 })
fixture('POST /verify-email/resend', { person: 'visitor', status: 410 })
fixture('POST /verify-email/decline', { person: 'visitor', status: 410 })
fixture('POST /restore-account', { person: 'visitor', fields: { choice: 'keep' }, status: 410 })
fixture('POST /dev/mailbox/clear', { person: 'visitor' })
fixture('POST /styleguide', { person: 'visitor', status: 422 })
fixture('POST /styleguide/confirmation', { person: 'visitor' })

// Your fixtures
