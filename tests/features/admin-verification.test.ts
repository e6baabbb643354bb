import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import type { Browser } from '../support/browser'
import { eventsDuring } from '../support/emitted-events'
import { ann, eve } from '../support/people'
import { annAsAdmin } from '../support/roles'

const adminSite = () => annAsAdmin({ MAIL_URL: 'mailbox:', SESSION_IDLE_SECONDS: '3600' })

type Columns = { email_verified_at?: number; email_rejected_at?: number; email_declined_at?: number }

const setEve = ({ deps, users }: Awaited<ReturnType<typeof adminSite>>, columns: Columns) =>
  deps.db
    .updateTable('users')
    .set({ email_verified_at: null, ...columns })
    .where('id', '=', users.eve.id)
    .execute()

test('an admin marks an address as confirmed, and its user sees who did', async () => {
  const site = await adminSite()
  const { anns, eves, users, pageOf } = site
  expect((await anns.get(pageOf('eve'))).html).toContain('Mark as confirmed')
  const seen = await eventsDuring(site, async () => {
    for (let i = 0; i < 2; i++)
      expect(await anns.post(`${pageOf('eve')}/verify-email`)).toMatchObject({ status: 303, to: pageOf('eve') })
  })
  expect(seen).toEqual([{ kind: 'email-verified', userId: users.eve.id, by: users.ann.id }])
  const { html } = await anns.get(pageOf('eve'))
  expect(html).toContain('The address is marked as confirmed.')
  expect(html).not.toContain('Mark as confirmed')
  expect(JSON.parse((await eves.get('/api/me')).html).email_verified).toBe(true)
  expect((await eves.get('/settings/activity')).html).toContain(
    'An administrator marked your email address as confirmed.',
  )
  await site.deliverMail()
  expect(site.mailbox.mails).toMatchObject([{ to: eve.email, subject: 'An administrator changed your account' }])
})

test('an admin sends a mail to confirm the address, and sees no link', async () => {
  const site = await adminSite()
  const { anns, eves, users, pageOf } = site
  const seen = await eventsDuring(site, async () => {
    const done = await anns.post(`${pageOf('eve')}/send-verification`)
    expect([done.status, done.to]).toEqual([303, pageOf('eve')])
  })
  expect(seen).toEqual([{ kind: 'verification-requested', userId: users.eve.id, by: users.ann.id }])
  const { html } = await anns.get(pageOf('eve'))
  expect(html).toContain('A confirmation email is on its way.')
  expect(html).not.toContain('token=')
  expect((await eves.get('/settings/activity')).html).toContain(
    'An administrator sent you an email to confirm your address.',
  )
  await site.deliverMail()
  const [mail] = site.mailbox.mails
  expect([mail?.to, mail?.subject]).toEqual([eve.email, 'Confirm your email address'])
  expect(mail?.text).toContain('/verify-email?token=')
  expect(mail?.text).not.toMatch(/\d{4} \d{4}|this code/) // it belongs to no browser, so its code would work nowhere
})

test('no mail goes to an address that is confirmed meanwhile', async () => {
  const site = await adminSite()
  await site.anns.post(`${site.pageOf('eve')}/send-verification`)
  await setEve(site, { email_verified_at: 1 })
  await site.deliverMail()
  expect(site.mailbox.mails).toEqual([])
})

test.each<[Columns, isOpen: boolean, canGetMail: boolean]>([
  [{}, true, true],
  [{ email_verified_at: 1 }, false, false],
  [{ email_rejected_at: 1 }, true, true],
  [{ email_declined_at: 1 }, true, false],
])('the page of a user offers only what is possible: %j', async (columns, isOpen, canGetMail) => {
  const site = await adminSite()
  await setEve(site, columns)
  const { html } = await site.anns.get(site.pageOf('eve'))
  expect([html.includes('Mark as confirmed'), html.includes('Send confirmation email')]).toEqual([isOpen, canGetMail])
  expect((await site.sues.get(site.pageOf('eve'))).html).not.toMatch(/Mark as confirmed|Send confirmation email/)
})

test.each(['verify-email', 'send-verification'])(
  'only an admin with a fresh login may do this, and only while mail is on: %s',
  async (change) => {
    const site = await adminSite()
    const path = `${site.pageOf('eve')}/${change}`
    const before = await site.deps.db.selectFrom('mails').select('id').execute()
    const statusFor = async (who: Browser) => (await who.post(path)).status
    expect([await statusFor(site.eves), await statusFor(site.sues)]).toEqual([403, 403])
    expect((await site.browser().post(path)).to).toStartWith('/login')
    expect((await (await site.as(ann, { fresh: false })).post(path)).to).toStartWith('/relogin')
    expect((await site.anns.post(`/admin/users/unknown/${change}`)).status).toBe(404)
    expect(await site.deps.db.selectFrom('mails').select('id').execute()).toEqual(before)
    expect((await site.anns.postHtmx(path)).headers.get('hx-redirect')).toBe(site.pageOf('eve'))
    site.advance(minutes(5))
    expect((await site.anns.get(site.pageOf('eve'))).html).not.toContain('Mark as confirmed')
    const off = await annAsAdmin()
    expect((await off.anns.post(`${off.pageOf('eve')}/${change}`)).status).toBe(404)
  },
)

test('without confirmations the page of a user has no buttons for them', async () => {
  const { anns, pageOf } = await annAsAdmin({ MAIL_URL: 'mailbox:', EMAIL_VERIFICATION: 'off' })
  const { html } = await anns.get(pageOf('eve'))
  expect(html).not.toMatch(/Mark as confirmed|Send confirmation email/)
})
