import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import type { AuthEvent } from '@/deps/events'
import { minutes, seconds } from '@/lib/duration'
import { totpCodeAt } from '@/lib/totp'
import { endSessionOrDevice, listSessions } from '@/model/sessions/session-list'
import { createApiToken, listApiTokensOf, revokeApiToken } from '@/model/api-tokens/api-tokens'
import { cancelFactorReset } from '@/model/accounts/factors/cancel-factor-reset'
import { requestFactorReset, startWaiting } from '@/model/accounts/factors/delayed-reset'
import { resetFactors } from '@/model/accounts/factors/reset-factors'
import { deleteAccountNow } from '@/model/accounts/delete-account'
import { cancelDeletion, requestDeletion } from '@/model/accounts/request-deletion'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { enqueueMail } from '@/model/mails/mails'
import { changeEmailOf } from '@/model/accounts/change-email'
import { sendVerificationTo } from '@/model/accounts/send-verification'
import { markVerified } from '@/model/accounts/verify-email'
import { prepareMail } from '@/model/accounts/prepare-mail'
import { unlockUser } from '@/model/accounts/unlock'
import { changeRole } from '@/model/users/roles'
import { revokeSessionsOf } from '@/model/sessions/end-all'
import { siteOf } from './examples'
import { logLines } from '../../support/no-stray-errors'
import { emptyOutbox, smtpErrors } from '../../support/mailbox'
import { moveTo } from '../../support/email-changes'
import { issueTo, openLink } from '../../support/one-time-links'
import { addPasskey, logInWithPasskey } from '../../support/passkeys'
import { ann } from '../../support/people'
import { addApp, addCodes, turnOnTwoStep } from '../../support/second-factors'
import { makeToken } from '../../support/tokens'
import { client } from '../../support/open-request'
import { queuedMail } from '../../support/queued-mail'
import { readNewCodes, readSetup, SECURITY } from '../../support/two-step-pages'

// Each listener in docs/reference/events.md receives its event once and works as described.

type Kind = AuthEvent['kind']
type Place = Awaited<ReturnType<typeof siteThatListens>>

const stay = { SESSION_IDLE_SECONDS: '3600', MAIL_URL: 'mailbox:' }
const envs: { [K in Kind]?: Record<string, string> } = {
  'session-ended': {},
  'sign-up-requested': { ...stay, EMAIL_VERIFICATION: 'required' },
}

/** A site with the listener of this event. Ann has a session, a remembered device and a token. */
async function siteThatListens(kind: Kind) {
  const site = await siteOf('event', kind, envs[kind] ?? stay)
  site.app.use(
    new Elysia().use(site.guards.permissionRequired('users:read')).get('/staff', ({ reply }) => reply.text('in')),
  )
  site.app.use(new Elysia({ prefix: '/api/t' }).use(site.guards.anyone).get('/', ({ reply }) => reply.noContent()))
  const device = site.browser()
  await device.post('/login', { ...ann, remember: 'yes' })
  device.close()
  await site.anns.post('/login', ann)
  const token = { name: 'robot', scopes: ['profile:read'], lifetime: minutes(60) } as const
  const made = await makeToken(site.deps, site.users.ann, token)
  if (!made) throw new Error('ann has too many tokens')
  await emptyOutbox(site)
  return { ...site, device, made, bearer: { authorization: `Bearer ${made.text}` } }
}

const change = { password: ann.password, new_password: 'five boxing wizards' }

/** Ann turns two-step verification on, and types the password in another browser. */
async function passwordOfAnn(site: Place, browser = site.visitor) {
  const app = await addApp(site, site.users.ann)
  await turnOnTwoStep(site, site.users.ann)
  await browser.post('/login', ann)
  return { app, send: (fields: Record<string, string>) => browser.post('/login/second-step', fields) }
}

const stories: Record<Kind, [act: (place: Place) => Promise<unknown>, heard: string[]]> = {
  'signed-up': [
    ({ visitor }) =>
      visitor.post('/signup', { email: 'zoe@example.test', name: 'Zoe', password: 'violet marmalade kettle' }),
    ['account created'],
  ],
  'sign-up-requested': [
    ({ visitor }) =>
      visitor.post('/signup', { email: 'zoe@example.test', name: 'Zoe', password: 'violet marmalade kettle' }),
    ['sign-up requested'],
  ],
  'logged-in': [
    async ({ browser }) => {
      await browser().post('/login', ann)
      await browser().post('/login', { ...ann, remember: 'yes' })
    },
    ['logged in', 'logged in and remembered'],
  ],
  'login-failed': [
    async ({ visitor }) => {
      await visitor.post('/login', { ...ann, password: 'wrong' })
      await visitor.post('/login', { ...ann, email: 'abe@example.test' })
    },
    ['wrong password'],
  ],
  'rate-limited': [
    async ({ visitor }) => {
      for (let i = 0; i < 6; i++) await visitor.post('/login', { ...ann, password: 'wrong' })
    },
    ['attempt refused'],
  ],
  'attack-suspected': [
    async ({ visitor, deps }) => {
      deps.config.limits.login.alarm = { max: 2, window: minutes(10) }
      for (let i = 0; i < 3; i++) await visitor.post('/login', { ...ann, password: 'wrong' })
    },
    ['2 failures of login in ten minutes'],
  ],
  'account-locked': [
    async ({ visitor, deps }) => {
      deps.config.limits.account.max = 2
      for (let i = 0; i < 3; i++) await visitor.post('/login', { ...ann, password: 'wrong' })
    },
    ['account locked'],
  ],
  'account-unlocked': [
    async ({ visitor, deps, users }) => {
      await visitor.post('/login', { ...ann, password: 'wrong' })
      await unlockUser(deps, users.ann, 'command line')
    },
    ['account unlocked'],
  ],
  'second-step-required': [passwordOfAnn, ['second step required']],
  'second-step-failed': [async (site) => (await passwordOfAnn(site)).send({ code: 'wrong' }), ['second step failed']],
  'second-step-abandoned': [
    async (site) => {
      await passwordOfAnn(site)
      await site.visitor.post('/login/second-step/stop')
    },
    ['login not completed'],
  ],
  'codes-locked': [
    async (site) => {
      site.deps.config.limits.codes.max = 2
      const { send } = await passwordOfAnn(site)
      for (let i = 0; i < 3; i++) await send({ code: 'wrong' })
    },
    ['codes disabled'],
  ],
  'recovery-code-used': [
    async (site) => {
      const [recovery_code = ''] = await addCodes(site, site.users.ann)
      await (await passwordOfAnn(site)).send({ recovery_code })
    },
    ['recovery code used'],
  ],
  'browser-trusted': [
    async (site) => {
      const { app, send } = await passwordOfAnn(site)
      await send({ code: app.code(), trust: 'yes' })
    },
    ['browser trusted'],
  ],
  'trusted-browsers-revoked': [
    ({ anns }) => anns.post('/settings/security/trusted-browsers/revoke'),
    ['trusted browsers revoked'],
  ],
  'new-device': [({ browser }) => browser('Another browser').post('/login', ann), ['first login from this browser']],
  reauthenticated: [
    async ({ anns, advance }) => {
      advance(minutes(5))
      await anns.post('/relogin', { password: ann.password })
    },
    ['password confirmed'],
  ],
  'logged-out': [
    async ({ anns }) => {
      await anns.post('/logout')
      await anns.post('/logout')
    },
    ['logged out'],
  ],
  'session-restored': [({ device }) => device.get('/profile'), ['session restored by a remembered device']],
  'session-ended': [
    async ({ anns, browser, advance }) => {
      const other = browser()
      await other.post('/login', ann)
      await other.post('/logout')
      advance(minutes(5))
      await anns.get('/profile')
    },
    ['session expired'],
  ],
  'access-denied': [
    async ({ visitor, anns }) => {
      await visitor.get('/staff')
      await anns.get('/staff')
    },
    ['permission missing'],
  ],
  'reauth-required': [
    async ({ anns, advance }) => {
      advance(minutes(5))
      await anns.get('/settings/password')
    },
    ['password required'],
  ],
  'client-changed': [({ anns }) => anns.copy('Another browser').get('/profile'), ['client of a session changed']],
  'remember-token-reused': [
    async ({ device, advance, deps, users }) => {
      const attacker = device.copy()
      await device.get('/profile')
      device.close()
      await device.get('/profile')
      expect(await listApiTokensOf(deps, users.ann)).toHaveLength(1)
      advance(seconds(10))
      await attacker.get('/profile')
      const count = async () => (await listApiTokensOf(deps, users.ann)).length
      for (let reads = 0; reads < 1000 && (await count()) > 0; reads++) continue // the listener runs in the background
      expect(await count()).toBe(0)
    },
    [],
  ],
  'device-revoked': [
    async ({ deps, users, device }) => {
      await device.get('/profile')
      device.close()
      const [session] = (await listSessions(deps, users.ann)).active.filter(({ series_id }) => series_id !== null)
      await deps.db.updateTable('sessions').set({ ended_at: 1, ended_reason: 'idle' }).execute()
      await endSessionOrDevice(deps, users.ann, session?.id ?? '')
    },
    ['remembered device removed'],
  ],
  'sessions-revoked': [({ deps, users }) => revokeSessionsOf(deps, users.ann, 'command line'), ['sessions revoked']],
  'password-changed': [({ anns }) => anns.post('/settings/password', change), ['password changed']],
  'password-reset-requested': [
    ({ deps }) => prepareMail(deps, queuedMail({ kind: 'reset-password', recipient: ann.email })),
    ['password reset requested'],
  ],
  'verification-requested': [
    ({ deps, users }) => sendVerificationTo(deps, users.ann, users.eve.id),
    ['confirmation requested'],
  ],
  'email-verified': [({ deps, users }) => markVerified(deps, users.ann, users.ann.id), ['address confirmed']],
  'email-change-requested': [
    ({ anns }) => anns.post('/settings/email', { email: 'new@example.test' }),
    ['change of address requested'],
  ],
  'email-changed': [
    ({ deps, users }) => changeEmailOf(deps, users.ann, 'new@example.test', 'command line'),
    ['address changed'],
  ],
  'notification-muted': [({ anns }) => anns.post('/settings/notifications'), ['new-login emails are off']],
  'notification-unmuted': [
    async ({ anns }) => {
      await anns.post('/settings/notifications')
      await anns.post('/settings/notifications', { new_device: 'yes' })
    },
    ['new-login emails are on'],
  ],
  'data-exported': [({ anns }) => anns.post('/settings/export', {}), ['data downloaded']],
  'account-secured': [
    async (place) => {
      await openLink(place.visitor, 'secure-account', await issueTo(place, place.users.ann, 'secure-account'))
      await place.visitor.post('/secure-account')
    },
    ['account secured by its owner'],
  ],
  'email-change-undone': [
    async (place) => {
      const token = await issueTo(place, place.users.ann, 'secure-account')
      await moveTo(place, place.users.ann, 'moved@example.test')
      await openLink(place.visitor, 'secure-account', token)
      await place.visitor.post('/secure-account', { password: ann.password })
    },
    ['previous address restored'],
  ],
  'link-opened': [
    async (place) => openLink(place.visitor, 'reset-password', await issueTo(place, place.users.ann, 'reset-password')),
    ['link opened'],
  ],
  'link-rejected': [({ visitor }) => visitor.get('/reset-password'), ['link rejected']],
  'passkey-declined': [({ anns }) => anns.post('/settings/security/passkeys/decline'), ['no passkey for now']],
  'factors-reset': [({ deps, users }) => resetFactors(deps, users.ann, 'command line'), ['second factors removed']],
  'factor-reset-requested': [
    ({ deps, users }) => requestFactorReset(deps, { user: users.ann, first_factor: 'password' }, client),
    ['removal of factors requested'],
  ],
  'factor-reset-confirmed': [
    async (place) => {
      const token = await issueTo(place, place.users.ann, 'factor-reset-confirm')
      await startWaiting(place.deps, { token, client })
    },
    ['factors are removed at 2030-01-04T12:00:00.000Z'],
  ],
  'factor-reset-cancelled': [
    async ({ deps, users }) => {
      await requestFactorReset(deps, { user: users.ann, first_factor: 'password' }, client)
      await cancelFactorReset(deps, users.ann, users.ann.id)
    },
    ['removal of factors cancelled'],
  ],
  'factor-added': [({ anns }) => setUpApp(anns), ['authenticator-app added']],
  'passkey-flagged': [
    async (place) => {
      const passkey = await addPasskey(place, place.users.ann, { counter: 4 })
      await logInWithPasskey(place.visitor, passkey, {}, { counter: 3 })
    },
    ['passkey copied?'],
  ],
  'password-removed': [
    async (place) => {
      await logInWithPasskey(place.anns, await addPasskey(place, place.users.ann))
      await markVerified(place.deps, place.users.ann, 'command line')
      await place.anns.post(`${SECURITY}/password/remove`)
    },
    ['password removed'],
  ],
  'password-set': [
    async ({ deps, anns }) => {
      await deps.db.updateTable('users').set({ password_hash: null }).where('email', '=', ann.email).execute()
      await anns.post('/settings/password', { new_password: 'violet marmalade kettle' })
    },
    ['password set'],
  ],
  'factor-removed': [
    async (place) => {
      const { id } = await addApp(place, place.users.ann)
      await place.anns.post(`${SECURITY}/app/${id}/remove`)
    },
    ['authenticator-app removed'],
  ],
  'recovery-codes-created': [
    async (place) => {
      await addApp(place, place.users.ann)
      await saveCodes(place.anns)
    },
    ['recovery codes replaced'],
  ],
  'two-step-enabled': [
    async ({ anns }) => {
      await setUpApp(anns)
      await saveCodes(anns)
    },
    ['two-step verification is on'],
  ],
  'two-step-disabled': [
    async ({ anns }) => {
      await setUpApp(anns)
      await saveCodes(anns)
      await anns.post(`${SECURITY}/two-step/off`, { confirmed: 'yes' })
    },
    ['two-step verification is off'],
  ],
  'token-created': [
    ({ deps, users }) => createApiToken(deps, users.ann, { name: 'other', scopes: [], lifetime: minutes(1) }),
    ['token created'],
  ],
  'token-used': [
    async ({ visitor, bearer }) => {
      await visitor.get('/api/t', bearer)
      await visitor.get('/api/t', bearer)
    },
    ['first use of a token since the start'],
  ],
  'token-revoked': [({ deps, users, made }) => revokeApiToken(deps, users.ann, made.token.id), ['token revoked']],
  'role-changed': [
    ({ deps, users }) => changeRole(deps, users.ann, 'support', 'command line'),
    ['role changed from user to support'],
  ],
  'user-deactivated': [({ deps, users }) => deactivateUser(deps, users.ann, 'command line'), ['account deactivated']],
  'deletion-requested': [({ anns }) => anns.post('/settings/delete', { email: ann.email }), ['deletion requested']],
  'deletion-cancelled': [
    async ({ deps, users }) => {
      await requestDeletion(deps, users.ann, { by: 'command line' })
      await cancelDeletion(deps, users.ann, 'command line')
    },
    ['deletion cancelled'],
  ],
  'user-deleted': [({ deps, users }) => deleteAccountNow(deps, users.ann, 'command line'), ['account deleted']],
  'user-activated': [
    async ({ deps, users }) => {
      await deactivateUser(deps, users.ann, 'command line')
      await activateUser(deps, users.ann, 'command line')
    },
    ['account reactivated'],
  ],
  'mail-sent': [mailToAnn, ['mail accepted']],
  'mail-failed': [
    async (place) => {
      place.mailbox.failWith(smtpErrors.noMailbox)
      await mailToAnn(place)
    },
    ['mail not accepted', 'mail given up'],
  ],
  'mail-stalled': [
    async (place) => {
      place.mailbox.failWith(smtpErrors.refused)
      await mailToAnn(place)
      for (const pause of [seconds(5), minutes(10)]) {
        place.advance(pause)
        await place.deliverMail()
      }
    },
    ['mail server unreachable: ECONNREFUSED', '1 mails wait for the mail server'],
  ],
}

async function setUpApp(anns: Place['anns']) {
  await anns.post(`${SECURITY}/app/new`)
  const { app, secret } = await readSetup(anns)
  await anns.post(`${SECURITY}/app`, { app, code: totpCodeAt(secret, Date.parse('2030-01-01T12:00:00Z')) })
}

async function saveCodes(anns: Place['anns']) {
  const { set } = readNewCodes((await anns.post(`${SECURITY}/recovery-codes`)).html)
  await anns.post(`${SECURITY}/recovery-codes/saved`, { saved: 'yes', set })
}

async function mailToAnn({ deps, deliverMail }: Place) {
  await enqueueMail(deps, { kind: 'test', recipient: ann.email })
  await deliverMail()
}

test.each(Object.entries(stories))('a listener of %s receives the event', async (kind, [act, heard]) => {
  const place = await siteThatListens(kind as Kind)
  logLines.length = 0
  place.events.length = 0
  await act(place)
  expect(place.events.map((event) => event.kind)).toContain(kind as Kind)
  const said = logLines.map((line): string => JSON.parse(line).msg).filter((text) => text !== 'request')
  expect(said).toEqual(heard)
})
