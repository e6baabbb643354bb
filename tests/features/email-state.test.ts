import { expect, test } from 'bun:test'
import { markVerified } from '@/model/accounts/verify-email'
import { annAndEveWithMail } from '../support/one-time-links'
import { ann, annAndEve } from '../support/people'

const BANNER = /Please confirm your email address\. <a href="\/settings\/email">Confirm<\/a>/

test('the dashboard and the settings ask users to confirm their address, until they did', async () => {
  const site = await annAndEveWithMail()
  const anns = await site.as(ann)
  for (const path of ['/dashboard', '/settings']) expect((await anns.get(path)).html).toMatch(BANNER)
  await markVerified(site.deps, site.users.ann, site.users.ann.id)
  for (const path of ['/dashboard', '/settings']) expect((await anns.get(path)).html).not.toMatch(BANNER)
})

test.each(['EMAIL_VERIFICATION', 'MAIL_URL'])('with %s=off no page asks for a confirmation', async (name) => {
  const site = await annAndEve({ [name]: 'off', ...(name === 'MAIL_URL' ? {} : { MAIL_URL: 'mailbox:' }) })
  const anns = await site.as(ann)
  for (const path of ['/dashboard', '/settings', '/profile']) {
    const { html } = await anns.get(path)
    expect(html).not.toMatch(BANNER)
    expect(html).not.toContain('not confirmed')
  }
})

test('the settings and the profile show the address and its state', async () => {
  const site = await annAndEveWithMail()
  const anns = await site.as(ann)
  expect((await anns.get('/settings')).html).toContain('<bdi>ann@example.test</bdi><span>, not confirmed</span>')
  expect((await anns.get('/profile')).html).toContain('This address is not confirmed.')
  await markVerified(site.deps, site.users.ann, site.users.ann.id)
  expect((await anns.get('/settings')).html).toContain('<bdi>ann@example.test</bdi><span>, confirmed</span>')
  const { html } = await anns.get('/profile')
  expect(html).toContain('This address is confirmed.')
  expect(html).toContain('<a href="/settings/email">Change email address</a>')
})

test('without mail the profile says that the address cannot be changed', async () => {
  const site = await annAndEve()
  const { html } = await (await site.as(ann)).get('/profile')
  expect(html).toContain('The address you log in with. It cannot be changed here.')
  expect(html).not.toContain('/settings/email')
})

const DECLINED = 'The owner of this mailbox told us it isn’t yours. Please change your address.'
const REJECTED = 'Email to this address was rejected. Check the address, or change it.'

test.each([
  [{ email_declined_at: 1 }, DECLINED],
  [{ email_rejected_at: 1 }, REJECTED],
  [{ email_rejected_at: 1, email_verified_at: 1 }, REJECTED],
])('with %p the settings and the profile warn the user', async (columns, warning) => {
  const site = await annAndEveWithMail()
  await site.deps.db.updateTable('users').set(columns).where('id', '=', site.users.ann.id).execute()
  const anns = await site.as(ann)
  for (const path of ['/settings/email', '/profile']) expect((await anns.get(path)).html).toContain(warning)
})

test('a declined address gets no mail about the account, except for a reset', async () => {
  const site = await annAndEveWithMail()
  await site.deps.db.updateTable('users').set({ email_declined_at: 1 }).where('id', '=', site.users.ann.id).execute()
  const anns = await site.as(ann)
  await anns.post('/settings/email/send')
  await anns.post('/settings/email', { email: 'new@example.test' })
  await site.browser().post('/forgot-password', { email: ann.email })
  await site.deliverMail()
  const sent = site.mailbox.mails.map(({ to, subject }) => `${to} ${subject}`)
  expect(sent.toSorted()).toEqual([
    'ann@example.test Reset your password',
    'new@example.test Confirm your new email address',
  ])
})
