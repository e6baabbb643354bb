import { expect, test } from 'bun:test'
import { branding } from '@/config/branding'
import { days, hours, minutes } from '@/lib/duration'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { changePassword } from '@/model/accounts/change-password'
import { deactivateUser } from '@/model/accounts/deactivate'
import { requestDeletion } from '@/model/accounts/request-deletion'
import { markVerified } from '@/model/accounts/verify-email'
import { changeRole } from '@/model/users/roles'
import { findUser } from '@/model/users/users'
import { passkeyOptions, type RequestOptions } from '../support/authenticator'
import { user } from '../support/command-line'
import { dumpDatabase } from '../support/dump-database'
import { moveTo } from '../support/email-changes'
import { eventsDuring } from '../support/emitted-events'
import {
  annsPassword,
  annWhoLostFactors,
  annWithDueReset,
  countFactorsOfAnn,
  LOST,
  openResetLink,
  requestReset,
  RESET,
  resetRow,
  resetToken,
  startWaiting,
} from '../support/factor-resets'
import { NEW_PASSWORD } from '../support/link-purposes'
import { codeIn, newestMail } from '../support/mailed'
import { issueTo, openLink } from '../support/one-time-links'
import { addPasskey, logInWithPasskey } from '../support/passkeys'
import { ann, eve } from '../support/people'
import { makeToken } from '../support/tokens'

type Site = Awaited<ReturnType<typeof annWhoLostFactors>>

const WAIT = days(3)
const DUE_TEXT = 'The waiting period is over. We’ve emailed you a link to finish.'
const DEAD = 'This link no longer works'

const subjectsTo = ({ mailbox }: Site, email: string) =>
  mailbox.mails.filter(({ to }) => to === email).map(({ subject }) => subject)

const freshAnn = async ({ deps, users }: Site) => {
  const found = await findUser(deps, users.ann.id)
  if (!found) throw new Error('ann is gone')
  return found
}

test('the page says what happens, and asking for the removal sends a link', async () => {
  const site = await annWhoLostFactors()
  const anns = await annsPassword(site)
  const { status, html } = await anns.get(LOST)
  expect([status, html.includes('<h1>Can’t use your second step?</h1>')]).toEqual([200, true])
  expect(html.replaceAll(/\s+/g, ' ')).toContain(
    'We can remove two-step verification from your account after 3 days. During that time we’ll email you, and you can stop it at any time.',
  )
  const asked = await anns.post(LOST)
  expect([asked.status, asked.to]).toEqual([303, '/login/second-step'])
  expect((await anns.get('/login/second-step')).html).toContain('Check your email for a link to start the waiting')
  await site.deliverMail()
  expect(subjectsTo(site, ann.email)).toContain('Confirm: remove two-step verification')
  expect(await resetRow(site)).toMatchObject({ requested_at: site.deps.now(), confirmed_at: null, due_at: null })
})

test('a mailed code and the mailbox are one factor, so they start no removal', async () => {
  const site = await annWhoLostFactors({ EMAIL_LOGIN: 'on' })
  await markVerified(site.deps, site.users.ann, site.users.ann.id)
  const anns = site.browser()
  await anns.post('/login/code/send', { email: ann.email })
  expect((await anns.post('/login/code', { code: codeIn(await newestMail(site)) })).to).toBe('/login/second-step')
  const { html } = await anns.get(LOST)
  expect(html).toContain('Start over and log in with your password to ask for this.')
  expect((await anns.post(LOST)).status).toBe(409)
  expect(await resetRow(site)).toBeUndefined()
  await anns.post('/login/second-step/stop')
  await site.deliverMail()
  expect(subjectsTo(site, ann.email)).toEqual([`Your login code for ${branding.name}`])
})

test('without a right password nothing can be asked for', async () => {
  const site = await annWhoLostFactors()
  for (const browser of [site.browser(), await site.as(ann), await site.as(eve)])
    expect((await browser.post(LOST)).to).toStartWith('/login')
  expect(await resetRow(site)).toBeUndefined()
})

test('a GET of both links changes no row, and the page has no token', async () => {
  const site = await annWhoLostFactors()
  const anns = await annsPassword(site)
  await anns.post(LOST)
  const first = await resetToken(site)
  const beforeFirst = await dumpDatabase(site)
  const { html } = await openResetLink(site.browser(), first)
  expect(html).toContain('<h1>Remove two-step verification?</h1>')
  expect(html).toContain('>Start the waiting period</button>')
  expect(html).toContain('>Cancel removal</button>')
  expect(html).not.toContain(first)
  expect(await dumpDatabase(site)).toEqual(beforeFirst)

  await startWaiting(site)
  site.advance(WAIT)
  const last = await resetToken(site)
  const beforeLast = await dumpDatabase(site)
  expect((await openResetLink(site.browser(), last)).html).toContain('>Remove two-step verification</button>')
  expect(await dumpDatabase(site)).toEqual(beforeLast)
})

test('a link leads to the clean address with htmx as well, and an unknown action is refused', async () => {
  const site = await annWhoLostFactors()
  const anns = await requestReset(site)
  expect((await site.browser().getHtmx(`${RESET}?token=${'A'.repeat(43)}`)).to).toBe(RESET)
  for (const action of ['', 'begin', 'toString']) expect((await anns.post(RESET, { action })).status).toBe(422)
  expect((await anns.post(RESET, { action: 'finish' })).status).toBe(410)
  expect(await resetRow(site)).toMatchObject({ confirmed_at: null })
})

test('the link starts the waiting period once', async () => {
  const site = await annWhoLostFactors()
  const anns = await requestReset(site)
  const copy = anns.copy()
  const started = await anns.post(RESET, { action: 'start' })
  expect([started.status, started.to]).toEqual([303, '/login'])
  expect((await site.browser().get('/login')).status).toBe(200)
  const due = site.deps.now() + WAIT
  expect(await resetRow(site)).toMatchObject({ confirmed_at: site.deps.now(), due_at: due })
  site.advance(hours(1))
  const again = await copy.post(RESET, { action: 'start' })
  expect([again.status, again.html.includes(DEAD)]).toEqual([410, true])
  expect((await resetRow(site))?.due_at).toBe(due)
})

test('the owner gets a mail at once, one a day and one at the end', async () => {
  const site = await annWhoLostFactors()
  await startWaiting(site)
  const waiting = 'Two-step verification will be removed on Jan 4, 2030'
  const due = 'Remove two-step verification now'
  const seen: string[][] = []
  for (let day = 0; day <= 3; day++) {
    await site.deliverMail()
    seen.push(subjectsTo(site, ann.email).filter((subject) => subject === waiting || subject === due))
    site.mailbox.mails.length = 0
    site.advance(days(1))
  }
  expect(seen).toEqual([[waiting], [waiting], [waiting], [due]])
})

test('no maintenance and no operator brings the scheduled mails forward', async () => {
  const site = await annWhoLostFactors()
  await startWaiting(site)
  site.mailbox.mails.length = 0
  site.advance(hours(1))
  const { retryMail, retryMails } = await import('@/model/mails/mails')
  expect(await retryMails(site.deps)).toBe(0)
  const mails = await site.deps.db.selectFrom('mails').select('id').where('sent_at', 'is', null).execute()
  expect(mails).toHaveLength(3)
  for (const { id } of mails) expect(await retryMail(site.deps, id)).toBe(false)
  await site.deliverMail()
  expect(site.mailbox.mails).toEqual([])
})

test('every page of every session shows the date and a way to stop it', async () => {
  const site = await annWhoLostFactors()
  const [laptop, phone, eves] = [await site.as(ann), await site.as(ann, { userAgent: 'Phone' }), await site.as(eve)]
  const text = 'Two-step verification will be removed from your account on'
  await requestReset(site)
  expect((await laptop.get('/profile')).html).not.toContain(text)
  await startWaiting(site)
  for (const browser of [laptop, phone])
    for (const path of ['/profile', '/dashboard', '/settings']) expect((await browser.get(path)).html).toContain(text)
  expect((await laptop.getHtmx('/profile')).html).toContain(text)
  expect((await eves.get('/profile')).html).not.toContain(text)
  expect((await site.browser().get('/')).html).not.toContain(text)
  const cancelled = await phone.post('/settings/security/reset/cancel')
  expect([cancelled.status, cancelled.to]).toEqual([303, '/settings/security'])
  expect((await laptop.get('/profile')).html).not.toContain(text)
  expect((await phone.post('/settings/security/reset/cancel')).status).toBe(303)
})

test('a session that a remembered device restored can stop it, and opens nothing else', async () => {
  const site = await annWhoLostFactors()
  const anns = await site.as(ann, { amr: ['password', 'totp'], remembered: true })
  await startWaiting(site)
  site.advance(minutes(6))
  const { html } = await anns.get('/profile')
  expect(html).toContain('action="/settings/security/reset/cancel"')
  const restored = site.deps.db.selectFrom('sessions').select('amr').where('ended_at', 'is', null)
  expect(await restored.execute()).toEqual([{ amr: 'remember-me' }])
  expect(await anns.post('/settings/security/reset/cancel')).toMatchObject({ status: 303, to: '/settings/security' })
  expect(await resetRow(site)).toBeUndefined()
  expect((await anns.get('/settings/security')).html).toContain('Two-step verification will not be removed.')
  expect((await anns.get('/settings/security/app/new')).to).toStartWith('/relogin?')
})

test('one millisecond before the end the login asks for a code, and at the end it shows that a link was sent', async () => {
  const site = await annWhoLostFactors()
  await startWaiting(site)
  site.advance(WAIT - 1)
  const early = await annsPassword(site)
  const before = (await early.get('/login/second-step')).html
  expect([before.includes(DUE_TEXT), before.includes('name="code"')]).toEqual([false, true])
  expect((await early.get(LOST)).html).toContain('Two-step verification will be removed from your account')
  expect((await early.post(LOST)).status).toBe(409)
  site.advance(1)
  const anns = await annsPassword(site)
  expect((await anns.get('/login/second-step')).html).toContain(DUE_TEXT)
  expect(subjectsTo(site, ann.email)).not.toContain('Remove two-step verification now')
  await site.deliverMail()
  expect(subjectsTo(site, ann.email).filter((one) => one === 'Remove two-step verification now')).toHaveLength(1)
})

test('the right password sends another link only if none works any more', async () => {
  const site = await annWhoLostFactors()
  await startWaiting(site)
  site.advance(WAIT)
  await site.deliverMail()
  const count = () => subjectsTo(site, ann.email).filter((one) => one === 'Remove two-step verification now').length
  await annsPassword(site)
  await site.deliverMail()
  expect(count()).toBe(1)
  site.advance(days(1))
  await annsPassword(site)
  await annsPassword(site)
  await site.deliverMail()
  expect(count()).toBe(2)
})

test('after a change of the address by an operator, the new address gets the link', async () => {
  const site = await annWhoLostFactors()
  await startWaiting(site)
  await user(site, ['change-email', ann.email, 'moved@example.test'])
  site.advance(WAIT)
  await site.deliverMail()
  site.mailbox.mails.length = 0
  await site.browser().post('/login', { ...ann, email: 'moved@example.test' })
  await site.deliverMail()
  expect(subjectsTo(site, 'moved@example.test')).toEqual(['Remove two-step verification now'])
})

test('the warnings also go to the address before a recent change by the user', async () => {
  const site = await annWhoLostFactors()
  await moveTo(site, site.users.ann, 'moved@example.test')
  const anns = site.browser()
  await anns.post('/login', { ...ann, email: 'moved@example.test' })
  await anns.post(LOST)
  await openResetLink(anns, await resetToken(site))
  site.mailbox.mails.length = 0
  await anns.post(RESET, { action: 'start' })
  await site.deliverMail()
  const warning = 'Two-step verification will be removed on Jan 4, 2030'
  expect([subjectsTo(site, ann.email), subjectsTo(site, 'moved@example.test')]).toEqual([[warning], [warning]])
  site.advance(WAIT)
  site.mailbox.mails.length = 0
  await site.deliverMail()
  expect(subjectsTo(site, ann.email)).toEqual([])
  expect(subjectsTo(site, 'moved@example.test')).toContain('Remove two-step verification now')
})

test('a user who became an admin sees no alert and gets no link', async () => {
  const site = await annWhoLostFactors()
  await startWaiting(site)
  await changeRole(site.deps, site.users.ann, 'admin', 'command line')
  expect((await (await site.as(ann)).get('/profile')).html).not.toContain('will be removed from your account')
  site.advance(WAIT + days(2))
  await site.deliverMail()
  site.mailbox.mails.length = 0
  const anns = await annsPassword(site)
  expect((await anns.get('/login/second-step')).html).not.toContain(DUE_TEXT)
  await site.deliverMail()
  expect(subjectsTo(site, ann.email)).not.toContain('Remove two-step verification now')
})

test('the last link removes all factors once, ends all access and starts the recovery hold', async () => {
  const site = await annWhoLostFactors()
  const { text } = await makeToken(site.deps, await freshAnn(site), { name: 'x', scopes: [], lifetime: days(30) })
  const session = await site.as(ann)
  const anns = await annWithDueReset(site)
  const copy = anns.copy()
  site.mailbox.mails.length = 0
  const events = await eventsDuring(site, async () => {
    const done = await anns.post(RESET, { action: 'finish' })
    expect([done.status, done.to]).toEqual([303, '/login'])
  })
  expect(events).toContainEqual({ kind: 'factors-reset', userId: site.users.ann.id, by: 'delayed' })
  expect(await countFactorsOfAnn(site)).toBe(0)
  const { db } = site.deps
  const row = await db.selectFrom('users').selectAll().where('id', '=', site.users.ann.id).executeTakeFirstOrThrow()
  expect(row).toMatchObject({ two_step_enabled_at: null, recovered_at: site.deps.now() })
  expect((await session.get('/profile')).status).toBe(303)
  const bearer = { headers: { authorization: `Bearer ${text}` } }
  expect((await site.browser().ask('/api/me', bearer)).status).toBe(401)
  const links = await db.selectFrom('one_time_tokens').select('purpose').where('user_id', '=', row.id).execute()
  expect(links.filter(({ purpose }) => purpose !== 'secure-account')).toEqual([])
  expect((await copy.post(RESET, { action: 'finish' })).status).toBe(410)
  expect((await anns.get('/login')).html).toContain('Two-step verification was removed.')
  expect((await anns.post('/login', ann)).to).toBe('/profile')
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ subject }) => subject)).toContain('Two-step verification was removed')
  expect(site.mailbox.mails.find(({ subject }) => subject.endsWith('was removed'))?.text).toContain('As requested')
})

test('the last link removes nothing before the end of the waiting period, not even by a millisecond', async () => {
  const site = await annWhoLostFactors()
  const anns = await annWithDueReset(site)
  site.setClock(site.deps.now() - 1)
  expect((await anns.post(RESET, { action: 'finish' })).status).toBe(410)
  expect(await countFactorsOfAnn(site)).toBe(11)
  expect(await freshAnn(site)).not.toMatchObject({ two_step_enabled_at: null })
})

test('the last link removes nothing if the password was changed in the database', async () => {
  const site = await annWhoLostFactors()
  const anns = await annWithDueReset(site)
  await site.deps.db.updateTable('users').set({ password_version: 9 }).execute()
  expect((await anns.post(RESET, { action: 'finish' })).status).toBe(410)
  expect(await countFactorsOfAnn(site)).toBe(11)
})

test('of twenty completions at once one removes the factors', async () => {
  const site = await annWhoLostFactors()
  const anns = await annWithDueReset(site)
  const copies = Array.from({ length: 20 }, () => anns.copy())
  const events = await eventsDuring(site, async () => {
    const answers = await Promise.all(copies.map((copy) => copy.post(RESET, { action: 'finish' })))
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 410)).toHaveLength(19)
  })
  expect(events.filter((event) => (event as { kind: string }).kind === 'factors-reset')).toHaveLength(1)
})

const CANCELLATIONS: [name: string, act: (site: Site) => Promise<unknown>][] = [
  [
    'a login with a code',
    async (site) => {
      const anns = await annsPassword(site)
      expect((await anns.post('/login/second-step', { code: await site.app.code() })).to).toBe('/profile')
    },
  ],
  [
    'a login with a recovery code',
    async (site) => {
      const anns = await annsPassword(site)
      const done = await anns.post('/login/second-step', { recovery_code: site.codes[0] ?? '' })
      expect(done.to).toBe('/profile')
    },
  ],
  [
    'a code at the re-login',
    async (site) => {
      const anns = await site.as(ann, { fresh: false })
      const { to } = await anns.post('/relogin/code', { code: await site.app.code() })
      expect(to).not.toBe('/login')
    },
  ],
  [
    'a login with a passkey',
    async (site) => {
      const passkey = await addPasskey(site, site.users.ann)
      expect((await logInWithPasskey(site.browser(), passkey)).to).toBe('/profile')
    },
  ],
  [
    'a passkey at the re-login',
    async (site) => {
      const passkey = await addPasskey(site, site.users.ann)
      const anns = await site.as(ann, { fresh: false })
      const options = passkeyOptions<RequestOptions>((await anns.get('/relogin')).html)
      expect((await anns.post('/relogin/passkey', { assertion: passkey.get(options) })).to).toBe('/profile')
    },
  ],
  [
    'a recovery code at the re-login',
    async (site) => {
      const anns = await site.as(ann, { fresh: false })
      expect((await anns.post('/relogin/code', { recovery_code: site.codes[0] ?? '' })).to).toBe('/profile')
    },
  ],
  [
    'a reset of the password by mail',
    async (site) => {
      await site.deps.db.updateTable('users').set({ email_verified_at: 1 }).execute()
      const visitor = site.browser()
      await openLink(visitor, 'reset-password', await issueTo(site, site.users.ann, 'reset-password'))
      await visitor.post('/reset-password/second-step/skip')
      expect((await visitor.post('/reset-password', { new_password: NEW_PASSWORD })).to).toBe('/login')
    },
  ],
  ['the page of the account', async (site) => (await site.as(ann)).post('/settings/security/reset/cancel')],
  [
    'the button “This wasn’t me”',
    async (site) => {
      const visitor = site.browser()
      await openLink(visitor, 'secure-account', await issueTo(site, site.users.ann, 'secure-account'))
      expect((await visitor.post('/secure-account')).to).toBe('/reset-password')
    },
  ],
  [
    'a change of the password',
    async (site) => {
      const user = await freshAnn(site)
      await inTransaction(site.deps, (deps) => changePassword(deps, user, 'a hash', user.id), {
        locks: userLocks(user),
      })
    },
  ],
  ['a deactivation', (site) => deactivateUser(site.deps, site.users.ann, 'command line')],
  ['a request of the deletion', (site) => requestDeletion(site.deps, site.users.ann, { by: site.users.ann.id })],
]

for (const [name, cancel] of CANCELLATIONS)
  test(`${name} cancels the removal, and no mail of it is sent afterwards`, async () => {
    const site = await annWhoLostFactors()
    await startWaiting(site)
    site.advance(WAIT - 1)
    await site.deliverMail()
    site.mailbox.mails.length = 0
    const events = await eventsDuring(site, () => cancel(site))
    expect(events).toContainEqual(expect.objectContaining({ kind: 'factor-reset-cancelled' }))
    expect(await resetRow(site)).toBeUndefined()
    site.advance(1)
    await site.deliverMail()
    expect(subjectsTo(site, ann.email).filter((subject) => subject.includes('emove'))).toEqual([])
    expect(await countFactorsOfAnn(site)).toBeGreaterThan(0)
  })

test('the links of a cancelled removal do not work', async () => {
  const site = await annWhoLostFactors()
  const anns = await annWithDueReset(site)
  await (await site.as(ann)).post('/settings/security/reset/cancel')
  expect((await anns.get(RESET)).status).toBe(410)
  expect((await anns.post(RESET, { action: 'finish' })).status).toBe(410)
  expect(await countFactorsOfAnn(site)).toBe(11)
})

for (const isDue of [false, true])
  test(`the link of the ${isDue ? 'last' : 'first'} mail also cancels the removal`, async () => {
    const site = await annWhoLostFactors()
    const anns = isDue ? await annWithDueReset(site) : await requestReset(site)
    const cancelled = await anns.post(RESET, { action: 'cancel' })
    expect([cancelled.status, cancelled.to]).toEqual([303, '/login'])
    const { html } = await anns.get(isDue ? '/login' : '/login/second-step') // the first browser entered the password
    expect(html).toContain('Two-step verification will not be removed.')
    expect(await resetRow(site)).toBeUndefined()
    expect((await anns.post(RESET, { action: 'cancel' })).status).toBe(410)
  })

test('a password alone, a trusted browser and a remembered device do not cancel the removal', async () => {
  const site = await annWhoLostFactors()
  const trusted = await annsPassword(site)
  await trusted.post('/login/second-step', { code: await site.app.code(), trust: 'yes' })
  await trusted.post('/logout')
  site.advance(hours(1))
  await startWaiting(site)
  expect((await trusted.post('/login', ann)).to).toBe('/profile')
  await annsPassword(site)
  expect(await resetRow(site)).toMatchObject({ completed_at: null })
})

test('a removal that is due is stopped by a login with a code', async () => {
  const site = await annWhoLostFactors()
  const finishing = await annWithDueReset(site)
  const anns = await annsPassword(site)
  expect((await anns.get('/login/second-step')).html).toContain('Keep two-step verification')
  expect((await anns.post('/login/second-step', { code: await site.app.code() })).to).toBe('/profile')
  expect((await finishing.post(RESET, { action: 'finish' })).status).toBe(410)
})

test('roles other than user, a waiting period of 0 and no mail give no form', async () => {
  const cases: [env: Record<string, string>, role: 'user' | 'admin', text: string][] = [
    [{}, 'admin', 'Contact an administrator.'],
    [{ FACTOR_RESET_SECONDS: '0' }, 'user', 'Contact the site administrator.'],
    [{ MAIL_URL: 'off' }, 'user', 'Contact the site administrator.'],
  ]
  for (const [env, role, text] of cases) {
    const site = await annWhoLostFactors(env)
    await changeRole(site.deps, site.users.ann, role, 'command line')
    const anns = await annsPassword(site)
    const { html } = await anns.get(LOST)
    expect([text, html.includes(text), html.includes(`action="${LOST}"`)]).toEqual([text, true, false])
    expect((await anns.post(LOST)).status).toBe(409)
    expect(await resetRow(site)).toBeUndefined()
  }
})

test('a user who becomes an admin meanwhile cannot finish', async () => {
  const site = await annWhoLostFactors()
  const anns = await annWithDueReset(site)
  await changeRole(site.deps, site.users.ann, 'admin', 'command line')
  expect((await anns.post(RESET, { action: 'finish' })).status).toBe(410)
  expect(await countFactorsOfAnn(site)).toBe(11)
})

test('a password alone uses up neither the links nor the removals of a month', async () => {
  const site = await annWhoLostFactors()
  const anns = await requestReset(site)
  for (let day = 0; day < 5; day++) {
    const attacker = await annsPassword(site, 'Attacker')
    for (let i = 0; i < 4; i++) await attacker.post(LOST)
    await site.deliverMail()
    if (day === 0) expect((await anns.get(RESET)).status).toBe(200)
    site.advance(hours(23))
  }
  const asked = await annsPassword(site)
  const { status, html, headers } = await asked.post(LOST)
  expect([status, Number(headers.get('retry-after'))]).toEqual([429, 3600])
  expect(html).toContain('We’ve already emailed you a link. Use the newest one, or ask again in 1 hour.')
  await openResetLink(asked, await resetToken(site))
  expect((await asked.post(RESET, { action: 'start' })).to).toBe('/login')
  expect(await resetRow(site)).toMatchObject({ confirmed_at: site.deps.now() })
})

test('the third waiting period of a month is the last', async () => {
  const site = await annWhoLostFactors()
  for (let i = 0; i < 3; i++) {
    await startWaiting(site)
    await (await site.as(ann)).post('/settings/security/reset/cancel')
    site.advance(days(1))
  }
  const refused = await (await annsPassword(site)).post(LOST)
  expect(refused.status).toBe(429)
  expect(refused.html).toContain('Too many attempts.')
  expect(Number(refused.headers.get('retry-after'))).toBe(days(27) / 1000)
  site.advance(days(27))
  expect((await (await annsPassword(site)).post(LOST)).status).toBe(303)
})

test('the limit of a month survives the retention job', async () => {
  const site = await annWhoLostFactors()
  await startWaiting(site)
  site.advance(days(29))
  const { deleteBatch, FIRST_CURSOR } = await import('@/model/retention/retention')
  const hits = () =>
    site.deps.db.selectFrom('rate_limit_hits').select('id').where('limit_name', '=', 'factor-reset').execute()
  const run = async () => {
    for (let cursor: typeof FIRST_CURSOR | undefined = FIRST_CURSOR; cursor;)
      cursor = await deleteBatch(site.deps, cursor)
  }
  await run()
  expect(await hits()).toHaveLength(1)
  site.advance(days(1))
  await run()
  expect(await hits()).toEqual([])
})

test('a password reset alone removes no factor', async () => {
  const site = await annWhoLostFactors()
  await site.deps.db.updateTable('users').set({ email_verified_at: 1 }).execute()
  const visitor = site.browser()
  await openLink(visitor, 'reset-password', await issueTo(site, site.users.ann, 'reset-password'))
  await visitor.post('/reset-password/second-step/skip')
  expect((await visitor.post('/reset-password', { new_password: NEW_PASSWORD })).to).toBe('/login')
  expect(await countFactorsOfAnn(site)).toBe(11)
  const login = await site.browser().post('/login', { ...ann, password: NEW_PASSWORD })
  expect(login.to).toBe('/login/second-step')
})

test('the history of the account shows every step', async () => {
  const site = await annWhoLostFactors()
  const anns = await annWithDueReset(site)
  await anns.post(RESET, { action: 'finish' })
  const { html } = await (await site.as(ann)).get('/settings/activity')
  for (const text of [
    'Removal of two-step verification was requested.',
    'The waiting period for removing two-step verification started.',
    'Two-step verification was reset.',
  ])
    expect(html).toContain(text)
})

test('the link in the mail about the waiting period leads to securing the account', async () => {
  const site = await annWhoLostFactors()
  await startWaiting(site)
  const mail = site.mailbox.mails.findLast(({ subject }) => subject.includes('will be removed'))
  const [, token] = /\/secure-account\?token=([\w-]{43})/.exec(mail?.text ?? '') ?? []
  const visitor = site.browser()
  await visitor.get(`/secure-account?token=${token}`)
  expect((await visitor.post('/secure-account')).to).toBe('/reset-password')
  expect(await resetRow(site)).toBeUndefined()
  expect(await countFactorsOfAnn(site)).toBe(11)
})
