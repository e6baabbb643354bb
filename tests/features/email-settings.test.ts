import { expect, test } from 'bun:test'
import { days, hours, minutes } from '@/lib/duration'
import { deactivateUser } from '@/model/accounts/deactivate'
import { requestDeletion } from '@/model/accounts/request-deletion'
import { createUser } from '@/model/users/users'
import {
  annWaits,
  codeIn,
  EMAIL_PATH as PATH,
  mailTo,
  NEW_EMAIL as NEW,
  rowOfUser,
  subjectsTo,
  tokenIn,
} from '../support/changed-email'
import { eventsDuring, ID } from '../support/emitted-events'
import { signupTest } from '../support/features'
import { smtpErrors } from '../support/mailbox'
import { annAndEveWithMail } from '../support/one-time-links'
import { ann, annAndEve, eve } from '../support/people'
import { statementsDuring } from '../support/statements'
import { makeToken } from '../support/tokens'

type Site = Awaited<ReturnType<typeof annAndEveWithMail>>

const WRONG_CODE = 'That code isn’t right. Use the 8 digits from our most recent email.'
const FLASH_SENT = 'If we can send another email, it will arrive in a few minutes.'

const changesOf = ({ deps }: Site) => deps.db.selectFrom('email_changes').selectAll().orderBy('requested_at').execute()
const statusOfLogin = async ({ browser }: Site, email: string) =>
  (await browser().post('/login', { email, password: ann.password })).status
const emailOfAnn = async (site: Site) => (await rowOfUser(site, site.users.ann)).email

test('a change of address needs the code that was mailed to the new address', async () => {
  const site = await annWaits()
  const { anns, requested, code } = site
  expect([requested.status, requested.to]).toEqual([303, PATH])
  const waiting = (await anns.get(PATH)).html
  expect(waiting).toContain('We sent an email to the new address. Your address changes once you confirm it.')
  expect(waiting).toContain('Waiting for you to confirm <bdi>new@example.test</bdi>.')
  expect(waiting).toContain('autocomplete="one-time-code"')
  expect(waiting).toContain('inputmode="numeric"')
  expect(await emailOfAnn(site)).toBe(ann.email)
  const changed = await anns.post(`${PATH}/code`, { code: code.replace(' ', '-') })
  expect([changed.status, changed.to]).toEqual([303, PATH])
  const { html } = await anns.get(PATH)
  expect(html).toContain('Your email address has been changed.')
  expect(html).not.toContain('Waiting for you')
  const [change] = await changesOf(site)
  const at = site.deps.now()
  expect(change).toMatchObject({ changed_at: at, undo_expires_at: at + days(7), cancelled_at: null, undone_at: null })
  expect(await rowOfUser(site, site.users.ann)).toMatchObject({
    email: NEW,
    canonical_email: NEW,
    email_verified_at: at,
  })
})

test('the old address logs in until the new one is confirmed, and the new one has no power before', async () => {
  const site = await annWaits()
  expect([await statusOfLogin(site, ann.email), await statusOfLogin(site, NEW)]).toEqual([303, 422])
  await site.browser().post('/forgot-password', { email: NEW })
  await site.deliverMail()
  expect(subjectsTo(site, NEW).at(-1)).toBe('No account with this address')
  await site.anns.post(`${PATH}/code`, { code: site.code })
  expect([await statusOfLogin(site, ann.email), await statusOfLogin(site, NEW)]).toEqual([422, 303])
})

test('a change of address needs a fresh login', async () => {
  const site = await annAndEveWithMail()
  const stale = await site.as(ann, { fresh: false })
  for (const { to } of [await stale.get(PATH), await stale.post(PATH, { email: NEW })])
    expect(to).toStartWith('/relogin')
  expect((await site.browser().get(PATH)).to).toBe('/login?next=%2Fsettings%2Femail')
  expect(await changesOf(site)).toEqual([])
})

test.each([
  ['', 'Enter your email address.'],
  ['nonsense', 'Enter an email address like ann@example.com.'],
  [ann.email, 'This is already your email address.'],
])('the new address %p is refused beside its field', async (email, error) => {
  const site = await annAndEveWithMail()
  const refused = await (await site.as(ann)).post(PATH, { email })
  expect(refused.status).toBe(422)
  expect(refused.html).toContain(`<small id="email-error" class="field-error">${error}</small>`)
  expect(refused.html).toContain(`value="${email}"`)
  expect(await changesOf(site)).toEqual([])
})

test('another spelling of the same address is stored at once, without a mail', async () => {
  const site = await annAndEveWithMail()
  const anns = await site.as(ann)
  const changed = await anns.post(PATH, { email: 'Ann@Example.test' })
  expect([changed.status, changed.to]).toEqual([303, PATH])
  expect((await anns.get(PATH)).html).toContain('Your email address has been changed.')
  expect(await rowOfUser(site, site.users.ann)).toMatchObject({ email: 'Ann@Example.test', canonical_email: ann.email })
  expect(await site.deps.db.selectFrom('mails').select('id').execute()).toEqual([])
  expect((await anns.get('/profile')).status).toBe(200)
})

test('the answer to a free, taken, pending and reserved address is the same', async () => {
  const site = await annWaits()
  await site.anns.post(`${PATH}/code`, { code: site.code }) // reserves the old address of Ann
  const answers: unknown[] = []
  for (const email of ['free@example.test', NEW, ann.email]) {
    const eves = await site.as(eve)
    const { status, to, html, set } = await eves.post(PATH, { email })
    await site.deliverMail()
    const page = (await eves.get(PATH)).html.replaceAll(email, 'EMAIL').replaceAll(/value="[\w-]{22}"/g, '')
    const wrong = await eves.post(`${PATH}/code`, { code: '0000 0000' })
    answers.push([status, to, html, set.length, page, wrong.status, wrong.html.includes(WRONG_CODE)])
  }
  expect(answers[1]).toEqual(answers[0])
  expect(answers[2]).toEqual(answers[0])
})

test('a request reads no user by the new address', async () => {
  const site = await annAndEveWithMail()
  const anns = await site.as(ann)
  for (const email of [eve.email, 'free@example.test']) {
    const statements = await statementsDuring(site.deps, () => anns.post(PATH, { email }))
    expect(statements.filter((text) => /from "users".*"canonical_email" = /.test(text))).toEqual([])
  }
})

test('the owner of a taken address is told, and nothing changes', async () => {
  const site = await annWaits({}, eve.email)
  expect(subjectsTo(site, eve.email)).toEqual(['Someone tried to use your email address'])
  expect(mailTo(site, eve.email)?.text).not.toContain(ann.email)
  expect(site.code).toBe('')
  const rows = await site.deps.db.selectFrom('one_time_tokens').select(['purpose', 'code_hash']).execute()
  expect(rows).toContainEqual({ purpose: 'change-email', code_hash: expect.stringContaining('$argon2id$') })
  const statuses: number[] = []
  for (let i = 0; i < 6; i++) statuses.push((await site.anns.post(`${PATH}/code`, { code: '12345678' })).status)
  expect(statuses).toEqual([422, 422, 422, 422, 410, 410])
})

test('a request is reported to the old address, and the change to both', async () => {
  const site = await annWaits()
  expect(subjectsTo(site, ann.email)).toEqual(['Your email address is about to change'])
  expect(subjectsTo(site, NEW)).toEqual(['Confirm your new email address'])
  await site.anns.post(`${PATH}/code`, { code: site.code })
  await site.deliverMail()
  expect(subjectsTo(site, ann.email).slice(1)).toEqual(['Your email address was changed'])
  expect(subjectsTo(site, NEW).slice(1)).toEqual(['Your new email address is active'])
  for (const { text } of site.mailbox.mails.filter(({ to }) => to === ann.email)) {
    expect(text).toMatch(/This wasn’t me.*\n?.*\/secure-account\?token=[\w-]{43}/)
    expect(text).not.toContain(NEW)
  }
  const undo = site.deps.db.selectFrom('one_time_tokens').selectAll().where('purpose', '=', 'secure-account')
  expect(await undo.where('canonical_email', '=', ann.email).execute()).toHaveLength(2)
})

test('a change ends all other sessions, rotates the token of this one, and keeps known devices and API tokens', async () => {
  const site = await annAndEveWithMail()
  const [anns, phone] = [site.browser(), site.browser('Phone')]
  await anns.post('/login', { ...ann, remember: 'yes' })
  await phone.post('/login', { ...ann, remember: 'yes' })
  const { text } = await makeToken(site.deps, site.users.ann, {
    name: 'x',
    scopes: ['profile:read'],
    lifetime: days(1),
  })
  const devices = await site.deps.db.selectFrom('known_devices').selectAll().execute()
  await anns.post(PATH, { email: NEW })
  await site.deliverMail()
  const attacker = anns.copy()
  const before = anns.jar.get('session')
  await anns.post(`${PATH}/code`, { code: codeIn(mailTo(site, NEW)?.text) })
  expect(anns.jar.get('session')).not.toBe(before)
  expect((await anns.get('/profile')).status).toBe(200)
  attacker.jar.delete('remember')
  expect((await attacker.get('/profile')).status).toBe(303)
  expect((await phone.get('/profile')).to).toBe('/relogin?next=%2Fprofile')
  anns.close()
  expect((await anns.get('/profile')).status).toBe(200) // the remembered device of this session
  const program = { headers: { authorization: `Bearer ${text}` } }
  expect((await site.browser().ask('/api/me', program)).status).toBe(200)
  expect(await site.deps.db.selectFrom('known_devices').selectAll().execute()).toEqual(devices)
})

test('a change emits its events, and the owner sees them in the activity', async () => {
  const site = await annAndEveWithMail()
  const [anns, { id: userId }] = [await site.as(ann), site.users.ann]
  await site.as(ann)
  expect(await eventsDuring(site, () => anns.post(PATH, { email: NEW }))).toEqual([
    { kind: 'email-change-requested', userId },
  ])
  await site.deliverMail()
  const code = codeIn(mailTo(site, NEW)?.text)
  expect(await eventsDuring(site, () => anns.post(`${PATH}/code`, { code }))).toEqual([
    { kind: 'session-ended', userId, sessionId: ID, reason: 'revoked' },
    { kind: 'email-changed', userId, by: userId },
  ])
  const { html } = await anns.get('/settings/activity')
  for (const text of ['You asked to change your email address.', 'You changed your email address.'])
    expect(html).toContain(text)
})

test('five wrong codes end the code, and the right one fails afterwards', async () => {
  const site = await annWaits()
  const statuses: number[] = []
  for (let i = 0; i < 5; i++) {
    const { status, html } = await site.anns.post(`${PATH}/code`, { code: '0000 0000' })
    statuses.push(status)
    expect(html).toContain(i < 4 ? WRONG_CODE : 'This code no longer works')
  }
  expect(statuses).toEqual([422, 422, 422, 422, 410])
  const late = await site.anns.post(`${PATH}/code`, { code: site.code })
  expect(late.status).toBe(410)
  expect(late.html).toContain('You entered five wrong codes. Request a new one.')
  expect(late.html).toContain('action="/settings/email/send"')
  await site.anns.post(`${PATH}/send`)
  await site.deliverMail()
  expect((await site.anns.post(`${PATH}/code`, { code: codeIn(mailTo(site, NEW)?.text) })).status).toBe(303)
})

test('a code works only in the browser that asked for it, for 30 minutes', async () => {
  const site = await annWaits()
  const other = await site.as(ann)
  expect((await other.post(`${PATH}/code`, { code: site.code })).status).toBe(422)
  site.advance(minutes(30))
  const anns = await site.as(ann)
  anns.keep('flow', site.anns.jar.get('flow') ?? '')
  expect((await anns.post(`${PATH}/code`, { code: site.code })).status).toBe(422)
  expect(await emailOfAnn(site)).toBe(ann.email)
})

test('a cancelled change cannot be confirmed, and cancelling twice is harmless', async () => {
  const site = await annWaits()
  for (let i = 0; i < 2; i++) {
    expect(await site.anns.post(`${PATH}/cancel`)).toMatchObject({ status: 303, to: PATH })
    const { html } = await site.anns.get(PATH)
    expect(html).toContain('Your email address stays the same.')
    expect(html).not.toContain('Waiting for you')
  }
  expect((await site.anns.post(`${PATH}/code`, { code: site.code })).status).toBe(422)
  expect(await emailOfAnn(site)).toBe(ann.email)
})

test('a second change cancels the first one', async () => {
  const site = await annWaits()
  await site.anns.post(PATH, { email: 'other@example.test' })
  expect((await site.anns.get(PATH)).html).toContain('Waiting for you to confirm <bdi>other@example.test</bdi>.')
  expect((await site.anns.post(`${PATH}/code`, { code: site.code })).status).toBe(422)
  await site.deliverMail()
  await site.anns.post(`${PATH}/code`, { code: codeIn(mailTo(site, 'other@example.test')?.text) })
  expect(await emailOfAnn(site)).toBe('other@example.test')
  expect(await changesOf(site)).toMatchObject([
    { cancelled_at: site.deps.now(), changed_at: null },
    { cancelled_at: null },
  ])
})

test('a change that is cancelled before its mails leave sends none', async () => {
  const site = await annAndEveWithMail()
  const anns = await site.as(ann)
  await anns.post(PATH, { email: NEW })
  await anns.post(`${PATH}/cancel`)
  await site.deliverMail()
  expect(site.mailbox.mails).toEqual([])
})

const cancelling: [what: string, happens: (site: Awaited<ReturnType<typeof annWaits>>) => Promise<unknown>][] = [
  [
    'a password change',
    ({ anns }) => anns.post('/settings/password', { password: ann.password, new_password: 'five boxing wizards' }),
  ],
  ['a deactivation', ({ deps, users }) => deactivateUser(deps, users.ann, 'command line')],
  ['a request to delete the account', ({ deps, users }) => requestDeletion(deps, users.ann, { by: users.ann.id })],
]

test.each(cancelling)('%s cancels a pending change', async (_, happens) => {
  const site = await annWaits()
  await happens(site)
  expect(await changesOf(site)).toMatchObject([{ cancelled_at: site.deps.now() }])
  expect(
    await site.deps.db.selectFrom('one_time_tokens').select('id').where('purpose', '=', 'change-email').execute(),
  ).toEqual([])
})

const LONG_SESSION = { SESSION_MAX_SECONDS: '200000', SESSION_IDLE_SECONDS: '200000', FRESH_SECONDS: '200000' }

test('a change is pending for as long as the link works that the mail server delayed', async () => {
  const site = await annAndEveWithMail(LONG_SESSION)
  const anns = await site.as(ann)
  await anns.post(PATH, { email: NEW })
  site.advance(hours(20))
  await site.deliverMail()
  site.advance(days(1) - 1)
  expect((await anns.get(PATH)).html).toContain('Waiting for you')
  await anns.get(`/verify-email?token=${tokenIn(mailTo(site, NEW)?.text)}`)
  expect(await anns.post('/verify-email')).toMatchObject({ status: 303, to: PATH })
})

test('a pending change ends after a day', async () => {
  const site = await annWaits(LONG_SESSION)
  site.advance(days(1) - 1)
  expect((await site.anns.get(PATH)).html).toContain('Waiting for you')
  site.advance(1)
  expect((await site.anns.get(PATH)).html).not.toContain('Waiting for you')
  await site.anns.post(`${PATH}/send`)
  expect(
    (await site.deps.db.selectFrom('mails').select('kind').where('kind', '=', 'confirm-new-email').execute()).length,
  ).toBe(1)
})

test('an address that another account took meanwhile is not available', async () => {
  const site = await annWaits()
  await createUser(site.deps, { email: NEW, name: 'Zoe', password: 'violet marmalade kettle' })
  const refused = await site.anns.post(`${PATH}/code`, { code: site.code })
  expect(refused.status).toBe(409)
  expect(refused.html).toContain('<h1>This address can’t be used</h1>')
  expect(refused.html).toContain('Choose a different address.')
  expect(await emailOfAnn(site)).toBe(ann.email)
  expect((await site.anns.get(PATH)).html).not.toContain('Waiting for you')
})

signupTest('for seven days no sign-up and no other change can take the old address', async () => {
  const site = await annWaits()
  const eves = await site.as(eve)
  await eves.post(PATH, { email: ann.email })
  await site.anns.post(`${PATH}/code`, { code: site.code })
  const signUp = () => site.browser().post('/signup', { ...ann, password: 'violet marmalade kettle' })
  expect((await signUp()).status).toBe(422)
  site.advance(days(7) - 1)
  expect((await signUp()).status).toBe(422)
  site.advance(1)
  expect((await signUp()).status).toBe(303)
})

test('the user can change back to the old address at once', async () => {
  const site = await annWaits()
  await site.anns.post(`${PATH}/code`, { code: site.code })
  await site.anns.post(PATH, { email: ann.email })
  await site.deliverMail()
  const code = codeIn(mailTo(site, ann.email)?.text)
  expect(code).not.toBe('')
  await site.anns.post(`${PATH}/code`, { code })
  expect(await emailOfAnn(site)).toBe(ann.email)
})

test('five changes a day are allowed, and the sixth keeps the typed address', async () => {
  const site = await annAndEveWithMail()
  const anns = await site.as(ann)
  for (let i = 0; i < 5; i++) expect((await anns.post(PATH, { email: `n${i}@example.test` })).status).toBe(303)
  const limited = await anns.post(PATH, { email: 'n5@example.test' })
  expect(limited.status).toBe(429)
  expect(Number(limited.headers.get('retry-after'))).toBe(days(1) / 1000)
  expect(limited.html).toContain('You’ve asked for too many emails. Try again in ')
  expect(limited.html).toContain('value="n5@example.test"')
})

test('too many mails to the new address give the same answer and no mail', async () => {
  const site = await annWaits()
  for (let i = 0; i < 5; i++) {
    const { status, to } = await site.anns.post(`${PATH}/send`)
    expect([status, to]).toEqual([303, PATH])
    expect((await site.anns.get(PATH)).html).toContain(FLASH_SENT)
    await site.deliverMail()
  }
  expect(subjectsTo(site, NEW)).toHaveLength(3)
  expect((await site.anns.post(`${PATH}/code`, { code: codeIn(mailTo(site, NEW)?.text) })).status).toBe(303)
})

test('a source that asks for too many mails has to wait', async () => {
  const site = await annWaits()
  site.deps.config.limits['mail-request'].source = [{ max: 1, window: hours(1) }]
  for (const [path, fields] of [
    [PATH, { email: 'other@example.test' }],
    [`${PATH}/send`, {}],
  ] as const) {
    const limited = await site.anns.post(path, { ...fields })
    expect([limited.status, limited.headers.has('retry-after')]).toEqual([429, true])
    expect(limited.html).toContain('You’ve asked for too many emails.')
  }
  expect(
    await site.deps.db.selectFrom('rate_limit_hits').select('id').where('limit_name', '=', 'email-change').execute(),
  ).toHaveLength(1)
})

test('a user confirms the address of the account by a code', async () => {
  const site = await annAndEveWithMail()
  const anns = await site.as(ann)
  expect((await anns.get(PATH)).html).toContain('not confirmed')
  expect(await anns.post(`${PATH}/send`)).toMatchObject({ status: 303, to: PATH })
  await site.deliverMail()
  expect(subjectsTo(site, ann.email)).toEqual(['Confirm your email address'])
  expect((await anns.post(`${PATH}/code`, { code: '1' })).status).toBe(422)
  const { id: userId } = site.users.ann
  const code = codeIn(mailTo(site, ann.email)?.text)
  expect(await eventsDuring(site, () => anns.post(`${PATH}/code`, { code }))).toEqual([
    { kind: 'email-verified', userId, by: userId },
  ])
  const { html } = await anns.get(PATH)
  expect(html).toContain('Your email address is confirmed.')
  expect(html).not.toContain('not confirmed')
  await anns.post(`${PATH}/send`)
  await site.deliverMail()
  expect(subjectsTo(site, ann.email)).toHaveLength(1)
})

test('htmx gets the same answers as partials', async () => {
  const site = await annAndEveWithMail()
  const anns = await site.as(ann)
  const wrong = await anns.postHtmx(PATH, { email: 'nonsense' })
  expect([wrong.status, wrong.html.includes('<html')]).toEqual([422, false])
  const requested = await anns.postHtmx(PATH, { email: NEW })
  expect([requested.status, requested.to]).toEqual([204, PATH])
  expect((await anns.postHtmx(`${PATH}/code`, { code: '1' })).status).toBe(422)
})

test('for the recovery hold after a reset the address cannot be changed, to the millisecond', async () => {
  const site = await annAndEveWithMail({ RECOVERY_HOLD_SECONDS: '3600' })
  const recoveredAt = site.deps.now()
  await site.deps.db
    .updateTable('users')
    .set({ recovered_at: recoveredAt })
    .where('id', '=', site.users.ann.id)
    .execute()
  for (const email of [NEW, 'ANN@example.test']) {
    const anns = await site.as(ann)
    const held = await anns.post(PATH, { email })
    expect([held.status, (await anns.postHtmx(PATH, { email })).status]).toEqual([409, 409])
    expect(held.html).toContain('<h1>Not possible yet</h1>')
    expect(held.html).toContain(new Date(recoveredAt + hours(1)).toISOString())
  }
  site.advance(hours(1) - 1)
  expect((await (await site.as(ann)).post(PATH, { email: NEW })).status).toBe(409)
  expect(await changesOf(site)).toEqual([])
  site.advance(1)
  expect((await (await site.as(ann)).post(PATH, { email: NEW })).status).toBe(303)
})

test('without a recovery hold the address can be changed right after a reset', async () => {
  const site = await annAndEveWithMail({ RECOVERY_HOLD_SECONDS: '0' })
  await site.deps.db.updateTable('users').set({ recovered_at: site.deps.now() }).execute()
  expect((await (await site.as(ann)).post(PATH, { email: NEW })).status).toBe(303)
})

test('the settings show an address that its server refused, until a mail arrives', async () => {
  const site = await annAndEveWithMail()
  const anns = await site.as(ann)
  await anns.post(`${PATH}/send`)
  site.mailbox.refuseWith(smtpErrors.noMailbox)
  await site.deliverMail()
  site.mailbox.refuseWith()
  expect((await anns.get(PATH)).html).toContain('Email to this address was rejected. Check the address, or change it.')
  await anns.post(`${PATH}/send`)
  await site.deliverMail()
  expect((await anns.get(PATH)).html).not.toContain('was rejected')
})

test('with MAIL_URL=off no address of the page exists', async () => {
  const site = await annAndEve()
  const anns = await site.as(ann)
  expect((await anns.get(PATH)).status).toBe(404)
  for (const path of ['', '/code', '/send', '/cancel']) expect((await anns.post(PATH + path)).status).toBe(404)
  expect((await anns.get('/settings')).html).not.toContain(PATH)
})
