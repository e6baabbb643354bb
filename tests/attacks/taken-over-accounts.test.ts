import { expect, test } from 'bun:test'
import { days, minutes, seconds } from '@/lib/duration'
import { hashPassword } from '@/model/passwords/hash'
import { changePassword } from '@/model/accounts/change-password'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { findUser } from '@/model/users/users'
import { moveTo, requestMove } from '../support/email-changes'
import { NEW_PASSWORD } from '../support/link-purposes'
import { annAndEveWithMail, issueTo, openLink } from '../support/one-time-links'
import { ann } from '../support/people'

// An attacker has Ann's password or session, and changes password and address.

type Site = Awaited<ReturnType<typeof annAndEveWithMail>>

const PURPOSE = 'secure-account'
const EVES = 'mallory@example.test'

const rowOf = ({ deps, users }: Site) =>
  deps.db.selectFrom('users').selectAll().where('id', '=', users.ann.id).executeTakeFirstOrThrow()

async function setPassword(site: Site, password: string) {
  const user = await findUser(site.deps, site.users.ann.id)
  if (!user) throw new Error('Ann is gone')
  const hash = await hashPassword(site.deps, password)
  await inTransaction(site.deps, (deps) => changePassword(deps, user, hash, user.id), { locks: userLocks(user) })
}

/** The attacker has changed the password, and then the address. Ann has opened the link of the mail at her address. */
async function takenOver() {
  const site = await annAndEveWithMail()
  await setPassword(site, 'a password of the attacker')
  const token = await issueTo(site, site.users.ann, PURPOSE)
  await moveTo(site, site.users.ann, EVES)
  const anns = site.browser()
  await openLink(anns, PURPOSE, token)
  return { ...site, anns, token }
}

const secure = (site: { anns: ReturnType<Site['browser']> }, password: string) =>
  site.anns.post('/secure-account', { password })

test('the owner takes an account back with the mail at the old address and an earlier password', async () => {
  const site = await takenOver()
  const page = await site.anns.get('/secure-account')
  expect(page.html).toContain('A password you used for this account before Jan 1, 2030')
  const done = await secure(site, ann.password)
  expect([done.status, done.to]).toEqual([303, '/reset-password'])
  expect(await rowOf(site)).toMatchObject({ email: ann.email, canonical_email: ann.email, secured_at: site.deps.now() })
  await site.anns.post('/reset-password', { new_password: NEW_PASSWORD })
  expect((await site.browser().post('/login', { ...ann, password: NEW_PASSWORD })).to).toBe('/profile')
  for (const password of ['a password of the attacker', NEW_PASSWORD])
    expect((await site.browser().post('/login', { email: EVES, password })).status).toBe(422)
  expect(site.events).toContainEqual({ kind: 'email-change-undone', userId: site.users.ann.id })
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ to }) => to)).toEqual([ann.email])
})

test('the owner takes an account back from an attacker who used the forms of the site', async () => {
  const site = await annAndEveWithMail()
  const mailTo = async (to: string, subject: string) => {
    await site.deliverMail()
    return site.mailbox.mails.find((mail) => mail.to === to && mail.subject === subject)?.text ?? ''
  }
  await site.browser().post('/login', ann)
  const attacker = site.browser('The attacker')
  await attacker.post('/login', { ...ann, remember: 'yes' })
  const change = { password: ann.password, new_password: 'a password of the attacker' }
  expect((await attacker.post('/settings/password', change)).to).toBe('/settings')
  expect((await attacker.post('/settings/email', { email: EVES })).to).toBe('/settings/email')
  const code = /\d{4} \d{4}/.exec(await mailTo(EVES, 'Confirm your new email address'))?.[0] ?? ''
  expect((await attacker.post('/settings/email/code', { code })).to).toBe('/settings/email')
  expect(await rowOf(site)).toMatchObject({ email: EVES })

  const text = await mailTo(ann.email, 'Your email address was changed')
  const owner = site.browser()
  await openLink(owner, PURPOSE, /\/secure-account\?token=([\w-]{43})/.exec(text)?.[1] ?? '')
  expect((await owner.post('/secure-account', { password: 'another wrong password' })).status).toBe(422)
  expect((await owner.post('/secure-account', { password: ann.password })).to).toBe('/reset-password')
  expect((await attacker.get('/profile')).to).toBe('/login?next=%2Fprofile')
  await owner.post('/reset-password', { new_password: NEW_PASSWORD })
  expect((await site.browser().post('/login', { ...ann, password: NEW_PASSWORD })).to).toBe('/profile')

  const before = site.mailbox.mails.length
  await site.browser().post('/forgot-password', { email: EVES })
  await site.deliverMail()
  const toAttacker = site.mailbox.mails.slice(before).filter(({ to }) => to === EVES)
  expect(toAttacker.map(({ subject }) => subject)).toEqual(['No account with this address'])
})

test('the current password counts as well: the attacker may have changed only the address', async () => {
  const site = await annAndEveWithMail()
  const token = await issueTo(site, site.users.ann, PURPOSE)
  await moveTo(site, site.users.ann, EVES)
  const anns = site.browser()
  await openLink(anns, PURPOSE, token)
  expect((await secure({ anns }, ann.password)).to).toBe('/reset-password')
})

test('without an earlier password nothing is restored, and the fifth wrong one ends the link', async () => {
  const site = await takenOver()
  const missing = await secure(site, '')
  expect([missing.status, missing.html.includes('Enter a password.')]).toEqual([422, true])
  for (const left of ['4 attempts', '3 attempts', '2 attempts', '1 attempt']) {
    const refused = await secure(site, 'wrong horse battery')
    expect(refused.status).toBe(422)
    expect(refused.html).toContain(
      `<small id="password-error" class="field-error">That isn’t a password you used before. ${left} left.</small>`,
    )
    site.advance(minutes(16))
  }
  expect((await secure(site, 'wrong horse battery')).status).toBe(410)
  expect((await secure(site, ann.password)).status).toBe(410)
  expect((await site.anns.get('/secure-account')).status).toBe(410)
  expect(await rowOf(site)).toMatchObject({ email: EVES, secured_at: null })
})

test('the fifth attempt succeeds with an earlier password', async () => {
  const site = await takenOver()
  for (let i = 0; i < 4; i++) await secure(site, 'wrong horse battery')
  expect((await secure(site, ann.password)).to).toBe('/reset-password')
})

test('of twenty wrong passwords at once five are checked', async () => {
  const site = await takenOver()
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => site.anns.copy().post('/secure-account', { password: 'wrong horse battery' })),
  )
  expect(answers.filter(({ status }) => status === 422)).toHaveLength(4)
  expect(answers.filter(({ status }) => status === 410)).toHaveLength(16)
  expect(site.events.filter(({ kind }) => kind === 'login-failed')).toHaveLength(5)
})

test('a wrong password counts as an attempt at the account, and its owner sees it', async () => {
  const site = await takenOver()
  await secure(site, 'wrong horse battery')
  const failures = site.deps.db.selectFrom('login_failures').select(['user_id', 'count'])
  expect(await failures.execute()).toEqual([{ user_id: site.users.ann.id, count: 1 }])
  expect(site.events).toContainEqual({ kind: 'login-failed', reason: 'wrong-password', userId: site.users.ann.id })
  await secure(site, ann.password)
  expect(await failures.execute()).toEqual([])
})

test('an attacker who keeps the account locked does not stop the owner', async () => {
  const site = await takenOver()
  site.deps.config.limits.account.max = 3
  for (let i = 0; i < 3; i++) await site.browser().post('/login', { email: EVES, password: 'wrong' })
  expect((await site.browser().post('/login', { email: EVES, password: 'wrong' })).status).toBe(429)
  expect((await secure(site, 'wrong horse battery')).status).toBe(422)
  expect((await secure(site, ann.password)).to).toBe('/reset-password')
})

test('a source with too many wrong passwords has to wait, and no attempt of the link is lost', async () => {
  const site = await takenOver()
  site.deps.config.limitsLoopback = true
  site.deps.config.limits.login.source = [{ max: 0, window: minutes(10) }]
  const limited = await secure(site, ann.password)
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '600'])
  expect(limited.html).toContain('Too many attempts. Wait 10 minutes, then try again.')
  expect(limited.html).toContain('name="password"')
  site.deps.config.limits.login.source = []
  expect((await secure(site, 'wrong horse battery')).html).toContain('4 attempts left.')
})

test('an attacker who changes the password ten times does not push out the passwords of the owner', async () => {
  const site = await takenOver()
  for (let i = 0; i < 10; i++) {
    await setPassword(site, `password number ${i} of the attacker`)
    site.advance(seconds(1))
  }
  const rows = site.deps.db.selectFrom('previous_password_hashes').select('id').where('user_id', '=', site.users.ann.id)
  expect(await rows.execute()).toHaveLength(5)
  expect((await secure(site, ann.password)).to).toBe('/reset-password')
})

test('an earlier password works for 14 days', async () => {
  const site = await annAndEveWithMail()
  await setPassword(site, 'a password of the attacker')
  site.advance(days(14) - 1)
  const token = await issueTo(site, site.users.ann, PURPOSE)
  await moveTo(site, site.users.ann, EVES)
  const anns = site.browser()
  await openLink(anns, PURPOSE, token)
  const late = anns.copy()
  site.advance(1)
  expect((await secure({ anns: late }, ann.password)).status).toBe(422)
  site.advance(-1)
  expect((await secure({ anns }, ann.password)).status).toBe(303)
})

test('a change of address can be undone one millisecond before the end of its window, and not at its end', async () => {
  for (const [wait, status] of [
    [days(7) - 1, 303],
    [days(7), 410],
  ] as const) {
    const site = await annAndEveWithMail()
    await moveTo(site, site.users.ann, EVES)
    site.advance(wait - days(1))
    const reserved = { ...site.users.ann, email: ann.email } // the mail to a reserved address issues such a token
    const token = await inTransaction(site.deps, (deps) => issueOneTimeToken(deps, PURPOSE, reserved), { locks: [] })
    const anns = site.browser()
    await openLink(anns, PURPOSE, token)
    site.advance(days(1))
    expect((await secure({ anns }, ann.password)).status).toBe(status)
  }
})

const openChanges = async ({ deps, users }: Site) =>
  (
    await deps.db
      .selectFrom('email_changes')
      .select('old_email')
      .where('user_id', '=', users.ann.id)
      .where('undone_at', 'is', null)
      .execute()
  ).map(({ old_email }) => old_email)

test('a second change of the attacker is undone as well, so that no mailbox of theirs can undo it', async () => {
  const site = await takenOver()
  site.advance(minutes(1))
  await moveTo(site, site.users.ann, 'third@example.test')
  expect((await secure(site, ann.password)).status).toBe(303)
  expect(await rowOf(site)).toMatchObject({ email: ann.email })
  expect(await openChanges(site)).toEqual([])
})

test('an attacker who moved the account away and back cannot undo that after the owner secured it', async () => {
  const site = await takenOver()
  site.advance(minutes(1))
  await moveTo(site, site.users.ann, ann.email)
  expect((await site.anns.get('/secure-account')).html).not.toContain('type="password"')
  expect((await secure(site, '')).status).toBe(303)
  expect(await openChanges(site)).toEqual([])
})

test('an attacker who secures the account from the new mailbox leaves the owner the way back', async () => {
  const site = await takenOver()
  const attacker = site.browser()
  await openLink(attacker, PURPOSE, await issueTo(site, site.users.ann, PURPOSE))
  await attacker.post('/secure-account')
  await attacker.post('/reset-password', { new_password: 'another one of the attacker' })
  expect((await secure(site, ann.password)).status).toBe(410) // the other use has ended this link
  await site.anns.post('/forgot-password', { email: ann.email })
  await site.deliverMail()
  const mail = site.mailbox.mails.find(({ to }) => to === ann.email)
  expect(mail?.subject).toBe('Your account uses a different address now')
  const token = /\/secure-account\?token=([\w-]{43})/.exec(mail?.text ?? '')?.[1] ?? ''
  await openLink(site.anns, PURPOSE, token)
  expect((await secure(site, ann.password)).status).toBe(303)
  expect(await rowOf(site)).toMatchObject({ email: ann.email })
})

test('a reserved address gets that mail until the end of the window, and then the one for an unknown address', async () => {
  const site = await annAndEveWithMail()
  await moveTo(site, site.users.ann, EVES)
  site.advance(days(7) - 1)
  const ask = async () => {
    await site.browser().post('/forgot-password', { email: ann.email })
    await site.deliverMail()
    return site.mailbox.mails.at(-1)
  }
  const mail = await ask()
  expect([mail?.to, mail?.subject]).toEqual([ann.email, 'Your account uses a different address now'])
  expect(mail?.text).toContain('You can undo the change until Jan 8, 2030.')
  expect(mail?.text).not.toContain(EVES)
  site.advance(1)
  expect((await ask())?.subject).toBe('No account with this address')
})

test('nothing is restored if another account has the address by now', async () => {
  const site = await takenOver()
  const taken = { email: ann.email, canonical_email: ann.email }
  await site.deps.db.updateTable('users').set(taken).where('id', '=', site.users.eve.id).execute()
  expect((await secure(site, ann.password)).status).toBe(410)
  expect(await rowOf(site)).toMatchObject({ email: EVES, secured_at: null })
})

test('a pending change of address ends when the account is secured', async () => {
  const site = await annAndEveWithMail()
  const emailChangeId = await requestMove(site, site.users.ann, EVES)
  const anns = site.browser()
  await openLink(anns, PURPOSE, await issueTo(site, site.users.ann, PURPOSE))
  await anns.post('/secure-account')
  const change = site.deps.db.selectFrom('email_changes').select('cancelled_at').where('id', '=', emailChangeId)
  expect(await change.executeTakeFirst()).toEqual({ cancelled_at: site.deps.now() })
})
