import { expect, setDefaultTimeout, test } from 'bun:test'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { minutes } from '@/lib/duration'
import { changeFactors } from '@/model/accounts/factors/change-factors'
import { requestDeletion } from '@/model/accounts/request-deletion'
import type { Browser } from '../support/browser'
import { codeIn, newestMail } from '../support/mailed'
import { annWithPasskey, logInWithPasskey } from '../support/passkeys'
import { ann } from '../support/people'
import { annWithApp, turnOnTwoStep } from '../support/second-factors'
import { enterPassword, SECOND_STEP, WRONG_CODE } from '../support/second-step'
import type { Site } from '../support/site'

setDefaultTimeout(60_000)

const ENV = { MAIL_URL: 'mailbox:', EMAIL_VERIFICATION: 'required', SESSION_IDLE_SECONDS: '3600' }
const VERIFY = '/verify-email'

type Mailing = Pick<Site, 'deps' | 'deliverMail' | 'mailbox'>

const sessionsOf = ({ deps }: Pick<Site, 'deps'>) =>
  deps.db.selectFrom('sessions').selectAll().where('ended_at', 'is', null).execute()

const mailsOf = async ({ deliverMail, mailbox }: Mailing) => {
  await deliverMail()
  return mailbox.mails.filter(({ subject }) => subject === 'Confirm your email address')
}

const confirm = async (site: Parameters<typeof newestMail>[0] & Mailing, browser: Browser) => {
  const mail = (await mailsOf(site)).at(-1) ?? { text: '' }
  return browser.post(VERIFY, { code: codeIn(mail) })
}

/** Ann has two-step verification, and an address that is not confirmed. `anns` has typed the password. */
async function annsPassword(fields: Record<string, string> = {}) {
  const site = await annWithApp(ENV)
  const anns = site.browser()
  const login = await enterPassword(anns, fields)
  return { ...site, anns, login }
}

/** She has proved both factors. */
async function annsFactors() {
  const site = await annsPassword()
  const step = await site.anns.post(SECOND_STEP, { code: site.app.code() })
  return { ...site, step }
}

test('the second step comes before the page that asks to confirm the address', async () => {
  const site = await annsPassword({ next: '/settings' })
  expect(site.login).toMatchObject({ status: 303, to: `${SECOND_STEP}?next=%2Fsettings` })
  expect([await mailsOf(site), (await site.anns.get(VERIFY)).status]).toEqual([[], 410])
  expect((await site.anns.post(SECOND_STEP, { code: WRONG_CODE })).status).toBe(422)
  expect(await mailsOf(site)).toEqual([])
  const step = await site.anns.post(SECOND_STEP, { code: site.app.code(), next: '/settings' })
  expect(step).toMatchObject({ status: 303, to: `${VERIFY}?next=%2Fsettings` })
  expect([...site.anns.jar.keys()]).toEqual(['flow'])
  expect([(await mailsOf(site)).length, await sessionsOf(site)]).toEqual([1, []])
})

test('the mailed code completes the login with both factors, and asks for none again', async () => {
  const site = await annsFactors()
  expect(await confirm(site, site.anns)).toMatchObject({ status: 303, to: '/profile' })
  expect(await sessionsOf(site)).toMatchObject([{ amr: 'password totp', second_factor_at: site.deps.now() }])
  expect((await site.anns.get('/settings/password')).status).toBe(200)
})

test('the second factor counts from the time of its proof', async () => {
  const site = await annsFactors()
  const provedAt = site.deps.now()
  site.advance(minutes(5))
  expect((await confirm(site, site.anns)).to).toBe('/profile')
  expect(await sessionsOf(site)).toMatchObject([{ second_factor_at: provedAt, reauthenticated_at: null }])
  expect((await site.anns.get('/settings/password')).to).toBe('/relogin?next=%2Fsettings%2Fpassword')
})

test('after a change of factors the mailed code confirms the address and logs in no one', async () => {
  const site = await annsFactors()
  await inTransaction(site.deps, (deps) => changeFactors(deps, site.users.ann, 'factor-added'), {
    locks: userLocks(site.users.ann),
  })
  expect(await confirm(site, site.anns)).toMatchObject({ status: 303, to: '/login' })
  expect((await site.anns.get('/login')).html).toContain('Your email address is confirmed.')
  expect(await sessionsOf(site)).toEqual([])
})

test('a mail that is sent again keeps the proof of the login', async () => {
  const site = await annsFactors()
  site.advance(1)
  await site.anns.post(`${VERIFY}/resend`)
  expect((await confirm(site, site.anns)).to).toBe('/profile')
  expect(await sessionsOf(site)).toMatchObject([{ amr: 'password totp' }])
})

test('the mailed code of another browser completes no login', async () => {
  const site = await annsFactors()
  expect((await confirm(site, site.browser())).status).toBe(410)
  expect(await sessionsOf(site)).toEqual([])
})

test('the re-login of an ended session asks for the second step, and then to confirm the address', async () => {
  const site = await annWithApp(ENV)
  const anns = await site.as(ann, { amr: ['password', 'totp'] })
  site.advance(minutes(60))
  expect(await anns.post('/relogin', { password: ann.password })).toMatchObject({ status: 303, to: SECOND_STEP })
  expect(await anns.post(SECOND_STEP, { code: site.app.code() })).toMatchObject({ status: 303, to: VERIFY })
  expect((await anns.get('/profile')).status).toBe(303)
  expect((await confirm(site, anns)).to).toBe('/profile')
  expect(await sessionsOf(site)).toMatchObject([{ amr: 'password totp' }])
})

test('a login by passkey keeps its method when the address is confirmed', async () => {
  for (const isTwoStep of [false, true]) {
    const { passkey, ...site } = await annWithPasskey(ENV)
    if (isTwoStep) await turnOnTwoStep(site, site.users.ann)
    const anns = site.browser()
    expect((await logInWithPasskey(anns, passkey)).to).toBe(VERIFY)
    expect((await confirm(site, anns)).to).toBe('/profile')
    const session = { amr: 'passkey', passkey_id: passkey.id, started_by: 'passkey' as const }
    expect(await sessionsOf(site)).toMatchObject([session])
  }
})

test('a login by passkey keeps its method when the account is kept, also if its address must be confirmed', async () => {
  for (const mustConfirm of [false, true]) {
    const { passkey, ...site } = await annWithPasskey(mustConfirm ? ENV : undefined)
    await requestDeletion(site.deps, site.users.ann, { by: site.users.ann.id })
    const anns = site.browser()
    expect((await logInWithPasskey(anns, passkey)).to).toBe('/restore-account')
    const kept = await anns.post('/restore-account', { choice: 'keep' })
    expect(kept.to).toBe(mustConfirm ? VERIFY : '/profile')
    if (mustConfirm) expect((await confirm(site, anns)).to).toBe('/profile')
    expect(await sessionsOf(site)).toMatchObject([{ amr: 'passkey', passkey_id: passkey.id }])
  }
})

test('a passkey that is blocked before the address is confirmed logs in no one', async () => {
  const { passkey, ...site } = await annWithPasskey(ENV)
  const anns = site.browser()
  await logInWithPasskey(anns, passkey)
  await site.deps.db.updateTable('passkeys').set({ flagged_at: site.deps.now() }).execute()
  expect(await confirm(site, anns)).toMatchObject({ status: 303, to: '/login' })
  expect(await sessionsOf(site)).toEqual([])
})
