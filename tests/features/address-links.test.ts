import { expect, test } from 'bun:test'
import { createUser } from '@/model/users/users'
import { annWaits, EMAIL_PATH, mailTo, NEW_EMAIL, rowOfUser, tokenIn } from '../support/changed-email'
import { eventsDuring } from '../support/emitted-events'
import { annAndEveWithMail } from '../support/one-time-links'
import { ann, eve } from '../support/people'

const PATH = '/verify-email'

/** Ann asked for the mail that confirms her address, and it arrived. */
async function annVerifies(env?: Record<string, string>) {
  const site = await annAndEveWithMail(env)
  const anns = await site.as(ann)
  await anns.post(`${EMAIL_PATH}/send`)
  await site.deliverMail()
  return { ...site, anns, token: tokenIn(mailTo(site, ann.email)?.text), email: ann.email }
}

const annChanges = async () => ({ ...(await annWaits()), email: NEW_EMAIL })

const cases = [
  ['verify-email', annVerifies],
  ['change-email', annChanges],
] as const

type Site = Awaited<ReturnType<typeof annVerifies>>

async function open({ token }: Site, browser: { get: Site['anns']['get'] }) {
  expect((await browser.get(`${PATH}?token=${token}`)).to).toBe(PATH)
  return browser.get(PATH)
}

const isConfirmed = async (site: Site) => {
  const { email, email_verified_at } = await rowOfUser(site, site.users.ann)
  return email === site.email && email_verified_at !== null
}

test.each(cases)('the user of the account confirms a %s link with one button', async (purpose, start) => {
  const site = await start()
  const { status, html } = await open(site, site.anns)
  expect(status).toBe(200)
  expect(html).toContain('<h1>Confirm your email address</h1>')
  expect(html).toContain(`<bdi>${site.email}</bdi>`)
  expect(html).not.toContain('type="password"')
  expect(html).not.toContain(site.token)
  expect(await isConfirmed(site)).toBe(false)
  const before = site.anns.jar.get('session')
  expect(await site.anns.post(PATH)).toMatchObject({ status: 303, to: EMAIL_PATH })
  expect((await site.anns.get(EMAIL_PATH)).html).toContain('Your email address is confirmed.')
  expect(await isConfirmed(site)).toBe(true)
  expect(site.anns.jar.has('one-time')).toBe(false)
  expect(site.anns.jar.get('session') === before).toBe(purpose === 'verify-email')
  expect((await site.anns.post(PATH)).status).toBe(410)
})

test.each(cases)('in another browser a %s link asks for the password of the account', async (_, start) => {
  const site = await start()
  const visitor = site.browser()
  const { html } = await open(site, visitor)
  expect(html).toContain('Enter the password of the account ')
  expect(html).toContain(`<bdi>${site.email}</bdi>`)
  if (site.email !== ann.email) expect(html).not.toContain(ann.email)
  const wrong = await visitor.post(PATH, { password: 'wrong' })
  expect(wrong.status).toBe(422)
  expect(wrong.html).toContain(
    '<small id="password-error" class="field-error">Please check your login details and try again.',
  )
  expect(await isConfirmed(site)).toBe(false)
  expect(await visitor.post(PATH, { password: ann.password })).toMatchObject({ status: 303, to: '/login' })
  expect(visitor.jar.has('session')).toBe(false)
  expect((await visitor.get('/login')).html).toContain('Your email address is confirmed.')
  expect(await isConfirmed(site)).toBe(true)
})

test.each(cases)(
  'if another user is logged in, a %s link names both addresses and leaves the session',
  async (_, start) => {
    const site = await start()
    const eves = await site.as(eve)
    expect((await open(site, eves)).html).toContain('Enter the password of the account ')
    expect((await eves.post(PATH)).status).toBe(422)
    const { status, html } = await eves.post(PATH, { password: ann.password })
    expect(status).toBe(200)
    expect(html.replaceAll(/<[^>]+>/g, '')).toContain(
      `${site.email} is now confirmed. You are still logged in as ${eve.email}.`,
    )
    expect((await eves.get('/profile')).html).toContain(eve.email)
    expect(await isConfirmed(site)).toBe(true)
  },
)

test.each(cases)('the password of another account does not confirm a %s link', async (_, start) => {
  const site = await start()
  const visitor = site.browser()
  await open(site, visitor)
  expect((await visitor.post(PATH, { password: eve.password })).status).toBe(422)
  expect(await isConfirmed(site)).toBe(false)
})

test.each(cases)('the page of a %s link limits passwords like the login', async (_, start) => {
  const site = await start()
  const visitor = site.browser()
  await open(site, visitor)
  for (let i = 0; i < 5; i++) await visitor.post(PATH, { password: 'wrong' })
  const limited = await visitor.post(PATH, { password: ann.password })
  expect([limited.status, limited.headers.has('retry-after')]).toEqual([429, true])
  expect((await site.browser().post('/login', ann)).status).toBe(429)
})

test.each(cases)('a %s link answers htmx with partials', async (_, start) => {
  const site = await start()
  const visitor = site.browser()
  await open(site, visitor)
  const wrong = await visitor.postHtmx(PATH, { password: 'wrong' })
  expect([wrong.status, wrong.html.includes('<html')]).toEqual([422, false])
  expect(await visitor.postHtmx(PATH, { password: ann.password })).toMatchObject({ status: 204, to: '/login' })
})

test('a link emits its events, and its use is counted', async () => {
  const site = await annVerifies()
  const { id: userId } = site.users.ann
  const visitor = site.browser()
  expect(await eventsDuring(site, () => open(site, visitor))).toEqual([
    { kind: 'link-opened', purpose: 'verify-email' },
  ])
  expect(await eventsDuring(site, () => visitor.post(PATH, { password: ann.password }))).toEqual([
    { kind: 'email-verified', userId, by: userId },
  ])
  const counts = site.deps.db.selectFrom('mail_daily_counts').select('used_count').where('purpose', '=', 'verify-email')
  expect(await counts.execute()).toEqual([{ used_count: 1 }])
})

const decline = async (site: Site) => {
  const visitor = site.browser()
  await open(site, visitor)
  const declined = await visitor.post(`${PATH}/decline`)
  expect(declined.status).toBe(200)
  expect(declined.html).toContain(
    'Thanks for telling us. We won’t email you about this account again unless you ask us to.',
  )
  expect((await visitor.post(`${PATH}/decline`)).status).toBe(410)
}

test('the owner of a mailbox declines the address of an account, whose settings say so', async () => {
  const site = await annVerifies()
  await decline(site)
  expect(await rowOfUser(site, site.users.ann)).toMatchObject({ email_declined_at: site.deps.now() })
  const { html } = await site.anns.get(EMAIL_PATH)
  expect(html).toContain('The owner of this mailbox told us it isn’t yours. Please change your address.')
  expect(html).not.toContain('action="/settings/email/send"')
  expect((await site.anns.get('/profile')).status).toBe(200) // nothing is deleted
  await site.anns.post(`${EMAIL_PATH}/send`)
  await site.deliverMail()
  expect(site.mailbox.mails).toHaveLength(1)
})

test('a change of address clears that the old one was declined, no mail goes there, and its owner can sign up', async () => {
  const site = await annVerifies()
  await decline(site)
  await site.anns.post(EMAIL_PATH, { email: NEW_EMAIL })
  await site.deliverMail()
  const visitor = site.browser()
  await visitor.get(`${PATH}?token=${tokenIn(mailTo(site, NEW_EMAIL)?.text)}`)
  await visitor.post(PATH, { password: ann.password })
  expect(await rowOfUser(site, site.users.ann)).toMatchObject({ email: NEW_EMAIL, email_declined_at: null })
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ to }) => to)).toEqual([ann.email, NEW_EMAIL, NEW_EMAIL])
  expect(await createUser(site.deps, { ...ann, name: 'Zoe' })).toMatchObject({ email: ann.email })
})

test('a confirmed address cannot be declined', async () => {
  const site = await annVerifies()
  await site.deps.db.updateTable('users').set({ email_verified_at: 1 }).where('id', '=', site.users.ann.id).execute()
  await decline(site)
  expect(await rowOfUser(site, site.users.ann)).toMatchObject({ email_verified_at: 1, email_declined_at: null })
})

test('the owner of a new address declines a change, which ends it', async () => {
  const site = await annChanges()
  await decline(site)
  expect(await rowOfUser(site, site.users.ann)).toMatchObject({ email: ann.email, email_declined_at: null })
  expect((await site.anns.get(EMAIL_PATH)).html).not.toContain('Waiting for you')
})

test('a link to an address that another account took meanwhile changes nothing', async () => {
  const site = await annChanges()
  await createUser(site.deps, { email: NEW_EMAIL, name: 'Zoe', password: 'violet marmalade kettle' })
  await open(site, site.anns)
  const refused = await site.anns.post(PATH)
  expect(refused.status).toBe(409)
  expect(refused.html).toContain('<h1>This address can’t be used</h1>')
  expect(await isConfirmed(site)).toBe(false)
  expect((await site.anns.post(PATH)).status).toBe(410)
})

test('a link of a cancelled change no longer works', async () => {
  const site = await annChanges()
  await site.anns.post(`${EMAIL_PATH}/cancel`)
  expect((await open(site, site.anns)).status).toBe(410)
  expect((await site.anns.post(PATH)).status).toBe(410)
})
