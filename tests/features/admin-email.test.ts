import { expect } from 'bun:test'
import { markVerified } from '@/model/accounts/verify-email'
import { rowOfUser, subjectsTo } from '../support/changed-email'
import { adminTest } from '../support/features'
import { ann, eve } from '../support/people'
import { annAsAdmin } from '../support/roles'

const MAIL = { MAIL_URL: 'mailbox:' }
const NEW = 'new@example.test'

adminTest('an admin changes an address at once, unverified, and both addresses get a mail', async () => {
  const site = await annAsAdmin(MAIL)
  const { anns, pageOf, users, events } = site
  await markVerified(site.deps, users.eve, users.eve.id)
  await site.deps.db.updateTable('users').set({ email_rejected_at: 1, recovered_at: site.deps.now() }).execute()
  const page = pageOf('eve')
  expect(await anns.post(`${page}/email`, { email: NEW })).toMatchObject({ status: 303, to: page })
  const { html } = await anns.get(page)
  expect(html).toContain('The address has been changed. It is not confirmed yet.')
  expect(html).toContain('not confirmed')
  expect(await rowOfUser(site, users.eve)).toMatchObject({
    email: NEW,
    canonical_email: NEW,
    email_verified_at: null,
    email_rejected_at: null,
  })
  expect(events.at(-1)).toEqual({ kind: 'email-changed', userId: users.eve.id, by: users.ann.id })
  await site.deliverMail()
  expect(subjectsTo(site, eve.email)).toContain('Your email address was changed')
  expect(subjectsTo(site, NEW)).toContain('An administrator changed your account')
  const mail = site.mailbox.mails.find(({ to }) => to === eve.email)
  expect(mail?.text).not.toContain('/secure-account') // the old address may be that of an attacker
  expect((await site.eves.get('/settings/activity')).html).toContain('An administrator changed your email address.')
})

adminTest('an address that an admin replaced is not reserved', async () => {
  const site = await annAsAdmin(MAIL)
  await site.anns.post(`${site.pageOf('eve')}/email`, { email: NEW })
  await site.anns.post(`${site.pageOf('sue')}/email`, { email: eve.email })
  expect((await rowOfUser(site, site.users.sue)).email).toBe(eve.email)
})

adminTest('an admin cannot give an account an invalid or taken address', async () => {
  const site = await annAsAdmin(MAIL)
  const page = site.pageOf('eve')
  for (const [email, error] of [
    ['nonsense', 'Enter an email address like ann@example.com.'],
    [ann.email, 'Another account has this address.'],
    ['ANN@example.test', 'Another account has this address.'],
    [eve.email, 'This is already the email address of the account.'],
  ] as const) {
    const refused = await site.anns.post(`${page}/email`, { email })
    expect(refused.status).toBe(422)
    expect(refused.html).toContain(`<small id="email-error" class="field-error">${error}</small>`)
    expect(refused.html).toContain(`value="${email}"`)
  }
  expect((await rowOfUser(site, site.users.eve)).email).toBe(eve.email)
  expect((await site.anns.post('/admin/users/unknown/email', { email: NEW })).status).toBe(404)
})

adminTest('support cannot change an address, and a stale login must reauthenticate', async () => {
  const site = await annAsAdmin(MAIL)
  const path = `${site.pageOf('eve')}/email`
  expect((await site.sues.post(path, { email: NEW })).status).toBe(403)
  expect((await (await site.as(ann, { fresh: false })).post(path, { email: NEW })).to).toStartWith('/relogin')
  expect((await site.sues.get(site.pageOf('eve'))).html).not.toContain('New email address')
})

adminTest('the page of a user names the state of the address', async () => {
  const site = await annAsAdmin(MAIL)
  const states = [
    [{}, 'not confirmed'],
    [{ email_declined_at: 1 }, 'declined by the owner of the mailbox'],
    [{ email_verified_at: 1 }, 'confirmed <time'],
    [{ email_rejected_at: 1 }, 'rejected by its mail server <time'],
  ] as const
  for (const [columns, text] of states) {
    if (Object.keys(columns).length > 0)
      await site.deps.db.updateTable('users').set(columns).where('id', '=', site.users.eve.id).execute()
    expect((await site.anns.get(site.pageOf('eve'))).html).toContain(`<dt>Email address</dt><dd>${text}`)
  }
})

adminTest('without mail no address can be changed on the page of a user', async () => {
  const site = await annAsAdmin()
  expect((await site.anns.get(site.pageOf('eve'))).html).not.toContain('Email address')
  expect((await site.anns.post(`${site.pageOf('eve')}/email`, { email: NEW })).status).toBe(404)
})
