import { expect, test } from 'bun:test'
import { days, minutes } from '@/lib/duration'
import { inTransaction } from '@/deps/transaction'
import { issueOneTimeToken, type ReportedEvent } from '@/model/one-time-tokens/one-time-tokens'
import { changeEmailOf } from '@/model/accounts/change-email'
import { changeRole } from '@/model/users/roles'
import { findUser } from '@/model/users/users'
import { createAuthenticator, passkeyOptions } from '../support/authenticator'
import { dumpDatabase } from '../support/dump-database'
import { annWhoLostFactors, countFactorsOfAnn, resetRow } from '../support/factor-resets'
import { NEW_PASSWORD } from '../support/link-purposes'
import { issueTo, openLink } from '../support/one-time-links'
import { addPasskey } from '../support/passkeys'
import { ann, annAndEve } from '../support/people'
import { addApp, turnOnTwoStep } from '../support/second-factors'

type Site = Pick<Awaited<ReturnType<typeof annAndEve>>, 'deps' | 'users' | 'browser'>

const PATH = '/reset-password'
const STEP = '/reset-password/second-step'

const confirmAddress = ({ deps }: Site) => deps.db.updateTable('users').set({ email_verified_at: 1 }).execute()

/** Ann has an authenticator app, ten recovery codes, a confirmed address, and has opened the link of a reset. */
async function annsReset(env: Record<string, string> = {}) {
  const site = await annWhoLostFactors(env)
  await confirmAddress(site)
  return { ...site, anns: await openReset(site) }
}

async function openReset(site: Site) {
  const anns = site.browser()
  await openLink(anns, 'reset-password', await issueTo(site, site.users.ann, 'reset-password'))
  return anns
}

const statusOfReset = async ({ anns }: Awaited<ReturnType<typeof annsReset>>) => {
  const { status, to } = await anns.post(PATH, { new_password: NEW_PASSWORD })
  return [status, to]
}

test('a reset asks for the second factor before the new password', async () => {
  const site = await annsReset()
  const { status, html } = await site.anns.get(PATH)
  expect(status).toBe(200)
  expect(html).toContain('<h1>Two-step verification</h1>')
  expect(html).toContain('name="code"')
  expect(html).toContain('name="recovery_code"')
  expect(html).toContain('>I can’t use any of these</button>')
  expect(html).not.toContain('name="new_password"')
  expect(html).not.toContain('name="trust"')
  expect(html).not.toContain(ann.email)
  expect(await statusOfReset(site)).toEqual([422, null])
})

test('a code leads to the new password, and the next login asks for the second step', async () => {
  const site = await annsReset()
  const proved = await site.anns.post(STEP, { code: await site.app.code() })
  expect([proved.status, proved.to]).toEqual([303, PATH])
  expect((await site.anns.get(PATH)).html).toContain('name="new_password"')
  expect(await statusOfReset(site)).toEqual([303, '/login'])
  expect(site.anns.jar.has('session')).toBe(false)
  expect((await site.browser().post('/login', { ...ann, password: NEW_PASSWORD })).to).toBe('/login/second-step')
  expect(await countFactorsOfAnn(site)).toBe(11)
})

test('with htmx the step answers with the page of the new password', async () => {
  const site = await annsReset()
  const proved = await site.anns.postHtmx(STEP, { code: await site.app.code() })
  expect([proved.status, proved.to]).toEqual([204, PATH])
  const wrong = await site.anns.postHtmx(STEP, { code: await site.app.code() })
  expect([wrong.status, wrong.to]).toEqual([204, PATH])
})

test('a recovery code is used up by the step', async () => {
  const site = await annsReset()
  const [code = ''] = site.codes
  expect((await site.anns.post(STEP, { recovery_code: code })).to).toBe(PATH)
  expect((await site.anns.get(PATH)).html).toContain('Recovery code used. You have 9 left.')
  const again = await openReset(site)
  expect((await again.post(STEP, { recovery_code: code })).status).toBe(422)
})

test('wrong and used codes are refused, and the link keeps working', async () => {
  const site = await annsReset()
  const code = await site.app.code()
  const wrong: Record<string, string>[] = [
    { code: '000000' },
    { code: '' },
    { recovery_code: 'k7dm-2wqx-9h4t-vbn3' },
    {},
  ]
  for (const fields of wrong) {
    const { status, html } = await site.anns.post(STEP, fields)
    expect([status, html.includes('isn’t right or was already used.')]).toEqual([422, true])
  }
  site.advance(minutes(1))
  expect((await site.anns.post(STEP, { code: await site.app.code() })).to).toBe(PATH)
  const other = await openReset(site)
  expect((await other.post(STEP, { code })).status).toBe(422)
})

test('wrong codes count together with those of the login', async () => {
  const site = await annsReset()
  for (let i = 0; i < 5; i++) await site.anns.post(STEP, { code: '000000' })
  expect((await site.anns.post(STEP, { code: '000000' })).status).toBe(429)
  const login = site.browser()
  await login.post('/login', ann)
  expect((await login.post('/login/second-step', { code: '000000' })).status).toBe(429)
})

test('a passkey of the user is enough, also for a secured account, and one of another user is not', async () => {
  for (const isSecured of [false, true]) {
    const site = await annAndEve({ MAIL_URL: 'mailbox:' })
    await confirmAddress(site)
    const [anns, eves] = [createAuthenticator(), createAuthenticator()]
    await addPasskey(site, site.users.ann, { authenticator: anns })
    await addPasskey(site, site.users.eve, { authenticator: eves })
    await turnOnTwoStep(site, site.users.ann)
    if (isSecured) await site.deps.db.updateTable('users').set({ secured_at: 1 }).execute()
    const visitor = await openReset(site)
    const options = async () => passkeyOptions((await visitor.get(PATH)).html)
    const foreign = await visitor.post(`${STEP}/passkey`, { assertion: eves.get(await options()) })
    expect([foreign.status, foreign.html.includes('We couldn’t verify your passkey.')]).toEqual([422, true])
    const assertion = anns.get(await options())
    const proved = await visitor.post(`${STEP}/passkey`, { assertion })
    expect(proved.to).toBe(PATH)
    const elsewhere = await openReset(site)
    expect((await elsewhere.post(`${STEP}/passkey`, { assertion })).status).toBe(422)
    expect((await visitor.post(PATH, { new_password: NEW_PASSWORD })).to).toBe('/login')
  }
})

test('a login cannot use the passkey challenge of a reset', async () => {
  const site = await annAndEve({ MAIL_URL: 'mailbox:' })
  await confirmAddress(site)
  const authenticator = createAuthenticator()
  await addPasskey(site, site.users.ann, { authenticator })
  await turnOnTwoStep(site, site.users.ann)
  const visitor = await openReset(site)
  const assertion = authenticator.get(passkeyOptions((await visitor.get(PATH)).html))
  expect((await site.browser().post('/login/passkey', { assertion })).status).toBe(422)
})

test('without a usable factor the reset goes on, changes no factor and does not log in', async () => {
  const site = await annsReset()
  const skipped = await site.anns.post(`${STEP}/skip`)
  expect([skipped.status, skipped.to]).toEqual([303, PATH])
  expect(await statusOfReset(site)).toEqual([303, '/login'])
  expect(site.anns.jar.has('session')).toBe(false)
  expect(await countFactorsOfAnn(site)).toBe(11)
  expect(await resetRow(site)).toBeUndefined()
  expect((await site.browser().post('/login', { ...ann, password: NEW_PASSWORD })).to).toBe('/login/second-step')
})

test('the step counts for ten minutes and not a millisecond longer', async () => {
  const site = await annsReset()
  await site.anns.post(`${STEP}/skip`)
  site.advance(minutes(10) - 1)
  expect((await site.anns.get(PATH)).html).toContain('name="new_password"')
  site.advance(1)
  expect((await site.anns.get(PATH)).html).toContain('name="code"')
  expect(await statusOfReset(site)).toEqual([422, null])
})

test('the step of one link does not count for another one', async () => {
  const site = await annsReset()
  const other = await openReset(site)
  await site.anns.post(STEP, { code: await site.app.code() })
  expect((await other.get(PATH)).html).toContain('name="code"')
  expect((await other.post(PATH, { new_password: NEW_PASSWORD })).status).toBe(422)
})

test('a trusted browser does not skip the step', async () => {
  const site = await annWhoLostFactors()
  await confirmAddress(site)
  const trusted = site.browser()
  await trusted.post('/login', ann)
  await trusted.post('/login/second-step', { code: await site.app.code(), trust: 'yes' })
  await trusted.post('/logout')
  await openLink(trusted, 'reset-password', await issueTo(site, site.users.ann, 'reset-password'))
  expect((await trusted.get(PATH)).html).toContain('name="code"')
})

test('without a link the step is a dead link, and an account without two-step verification has no step', async () => {
  const site = await annsReset()
  for (const path of [STEP, `${STEP}/passkey`, `${STEP}/skip`])
    expect((await site.browser().post(path)).status).toBe(410)
  const other = await annAndEve({ MAIL_URL: 'mailbox:' })
  await confirmAddress(other)
  const visitor = await openReset(other)
  expect((await visitor.get(PATH)).html).toContain('name="new_password"')
  expect((await visitor.post(`${STEP}/skip`)).to).toBe(PATH)
})

test('of twenty parallel steps with one recovery code one succeeds', async () => {
  const site = await annsReset()
  const browsers = await Promise.all(Array.from({ length: 3 }, () => openReset(site)))
  const recovery_code = site.codes[0] ?? ''
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => browsers[i % 3]?.copy().post(STEP, { recovery_code })),
  )
  const { db } = site.deps
  const proved = await db.selectFrom('one_time_tokens').select('id').where('second_step', '=', 'proved').execute()
  expect(proved).toHaveLength(1)
  expect(answers.every((answer) => answer && [303, 422, 429].includes(answer.status))).toBe(true)
})

test('the reset of an address that was never confirmed asks for no factor and removes those of the former owner', async () => {
  const site = await annWhoLostFactors()
  const anns = await openReset(site)
  expect((await anns.get(PATH)).html).toContain('name="new_password"')
  expect((await anns.post(PATH, { new_password: NEW_PASSWORD })).to).toBe('/login')
  expect(await countFactorsOfAnn(site)).toBe(0)
  expect((await site.browser().post('/login', { ...ann, password: NEW_PASSWORD })).to).toBe('/profile')
})

test('an address that an operator gave the account is no reason to remove its factors', async () => {
  const site = await annWhoLostFactors()
  await changeEmailOf(site.deps, site.users.ann, 'new@example.test', 'command line')
  const user = await findUser(site.deps, site.users.ann.id)
  const anns = site.browser()
  await openLink(anns, 'reset-password', await issueTo(site, user ?? site.users.ann, 'reset-password'))
  expect((await anns.get(PATH)).html).not.toContain('name="new_password"')
  expect(await countFactorsOfAnn(site)).toBeGreaterThan(0)
})

test('where addresses are never confirmed, a reset removes no factors', async () => {
  const site = await annWhoLostFactors({ EMAIL_VERIFICATION: 'off' })
  const anns = await openReset(site)
  expect((await anns.get(PATH)).html).not.toContain('name="new_password"')
  expect(await countFactorsOfAnn(site)).toBeGreaterThan(0)
})

test('a login code proves such an address as well', async () => {
  const site = await annWhoLostFactors({ EMAIL_LOGIN: 'on' })
  const anns = site.browser()
  await openLink(anns, 'login-code', await issueTo(site, site.users.ann, 'login-code'))
  expect((await anns.post('/login/code')).to).toBe('/profile')
  expect(await countFactorsOfAnn(site)).toBe(0)
})

// After `This wasn’t me`

const MINE = 'I didn’t add this'

/** Ann reports something that happened now, and the factors are older or newer. `replaced`: she had others then. */
async function annWhoReports({ factors, role = 'user' as const, env = {} }: Reported) {
  const site = await annAndEve({ MAIL_URL: 'mailbox:', ...env })
  await confirmAddress(site)
  if (factors === 'older' || factors === 'both') await addApp(site, site.users.ann)
  if (factors === 'replaced') await turnOnTwoStep(site, site.users.ann)
  site.advance(minutes(1))
  const event: ReportedEvent = { kind: 'new-device', at: site.deps.now() }
  const token = await inTransaction(
    site.deps,
    (deps) => issueOneTimeToken(deps, 'secure-account', site.users.ann, { event }),
    { locks: [] },
  )
  site.advance(minutes(1))
  if (factors !== 'older') await addApp(site, site.users.ann, 'Attacker')
  if (factors !== 'replaced') await turnOnTwoStep(site, site.users.ann)
  await changeRole(site.deps, site.users.ann, role, 'command line')
  const anns = site.browser()
  await openLink(anns, 'secure-account', token)
  expect((await anns.post('/secure-account')).to).toBe(PATH)
  return { ...site, anns }
}

type Reported = {
  factors: 'older' | 'newer' | 'both' | 'replaced'
  role?: 'user' | 'admin'
  env?: Record<string, string>
}

const OFFERS: [reported: Reported, isOffered: boolean][] = [
  [{ factors: 'newer' }, true],
  [{ factors: 'older' }, false],
  [{ factors: 'both' }, false],
  [{ factors: 'replaced' }, false],
  [{ factors: 'newer', role: 'admin' }, false],
  [{ factors: 'newer', env: { FACTOR_RESET_SECONDS: '0' } }, false],
]

test.each(OFFERS)('for %j the offer "I didn’t add this" is there: %p', async (reported, isOffered) => {
  const site = await annWhoReports(reported)
  const { html } = await site.anns.get(PATH)
  expect(html).toContain('name="code"')
  expect(html.includes(MINE)).toBe(isOffered)
  await site.anns.post(`${STEP}/skip`, { factors: 'not-mine' })
  const { second_step } = await site.deps.db
    .selectFrom('one_time_tokens')
    .select('second_step')
    .where('purpose', '=', 'reset-password')
    .executeTakeFirstOrThrow()
  expect(second_step).toBe(isOffered ? 'disowned' : null)
})

test('a plain reset never offers it', async () => {
  const site = await annsReset()
  expect((await site.anns.get(PATH)).html).not.toContain(MINE)
  await site.anns.post(`${STEP}/skip`, { factors: 'not-mine' })
  await site.anns.post(PATH, { new_password: NEW_PASSWORD })
  expect(await resetRow(site)).toBeUndefined()
})

test('the new password then starts the waiting period, and removes nothing before its end', async () => {
  const site = await annWhoReports({ factors: 'newer' })
  await site.anns.post(`${STEP}/skip`, { factors: 'not-mine' })
  expect(await resetRow(site)).toBeUndefined()
  expect((await site.anns.post(PATH, { new_password: NEW_PASSWORD })).to).toBe('/login')
  const due = site.deps.now() + days(3)
  expect(await resetRow(site)).toMatchObject({ confirmed_at: site.deps.now(), due_at: due, completed_at: null })
  expect(await countFactorsOfAnn(site)).toBe(1)
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ subject }) => subject)).toContain(
    'Two-step verification will be removed on Jan 4, 2030',
  )
  site.advance(days(3))
  const anns = site.browser()
  await anns.post('/login', { ...ann, password: NEW_PASSWORD })
  expect((await anns.get('/login/second-step')).html).toContain('The waiting period is over.')
  await site.deliverMail()
  const [, token] = /\/login\/reset-factors\?token=([\w-]{43})/.exec(site.mailbox.mails.at(-1)?.text ?? '') ?? []
  await anns.get(`/login/reset-factors?token=${token}`)
  expect((await anns.post('/login/reset-factors', { action: 'finish' })).to).toBe('/login')
  expect(await countFactorsOfAnn(site)).toBe(0)
})

test('the link in the mail about the secured account offers it as well', async () => {
  const site = await annWhoReports({ factors: 'newer' })
  await site.deliverMail()
  const mail = site.mailbox.mails.findLast(({ subject }) => subject === 'Your account is secured')
  const [, token] = /\/reset-password\?token=([\w-]{43})/.exec(mail?.text ?? '') ?? []
  const anns = site.browser()
  await anns.get(`${PATH}?token=${token}`)
  expect((await anns.get(PATH)).html).toContain(MINE)
})

test('securing the account removes no factor', async () => {
  const site = await annWhoReports({ factors: 'newer' })
  expect(await countFactorsOfAnn(site)).toBe(1)
})

test('a GET of the step changes nothing', async () => {
  const site = await annsReset()
  const before = await dumpDatabase(site)
  await site.anns.get(PATH)
  expect(await dumpDatabase(site)).toEqual(before)
})
