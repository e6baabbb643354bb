import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { enqueueMail } from '@/model/mails/mails'
import { smtpErrors } from '../support/mailbox'
import { ann, eve } from '../support/people'
import { annAsAdmin, sue } from '../support/roles'

const SMTP = { MAIL_URL: 'smtp://mail.example.test:587', MAIL_FROM: 'no-reply@example.test' }

const adminSite = async (env: Record<string, string> = SMTP) => {
  const site = await annAsAdmin(env)
  const mailRow = (id: string) =>
    site.deps.db.selectFrom('mails').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  return { ...site, mailRow, enqueue: () => enqueueMail(site.deps, { kind: 'test', recipient: eve.email }) }
}

test('support and admins see the outbox, a visitor goes to the login and other users get 403', async () => {
  const { anns, sues, eves, browser } = await adminSite()
  expect(await browser().get('/admin/mail')).toMatchObject({ status: 303, to: '/login?next=%2Fadmin%2Fmail' })
  expect((await eves.get('/admin/mail')).status).toBe(403)
  for (const one of [anns, sues]) {
    const { status, html } = await one.get('/admin/mail')
    expect(status).toBe(200)
    expect(html).toContain('Email is sent through mail.example.test.')
    expect(html).toContain('No email is waiting')
  }
})

test('support reads the outbox and changes nothing', async () => {
  const { sues, enqueue, mailRow } = await adminSite()
  const id = await enqueue()
  const before = await mailRow(id)
  const { html } = await sues.get('/admin/mail')
  expect(html).toContain('e…@example.test')
  expect(html).not.toContain('Try now')
  expect(html).not.toContain(eve.email)
  for (const verb of ['retry', 'cancel']) expect((await sues.post(`/admin/mail/${id}/${verb}`)).status).toBe(403)
  expect(await mailRow(id)).toEqual(before)
})

test('an admin tries a waiting mail now, and cancels it', async () => {
  const { anns, enqueue, mailRow, deps, advance, mailbox, deliverMail } = await adminSite()
  const id = await enqueue()
  mailbox.failWith(smtpErrors.mailboxFull)
  await deliverMail()
  expect((await anns.get('/admin/mail')).html).toContain('>452<')
  expect((await mailRow(id)).due_at).toBeGreaterThan(deps.now())
  expect(await anns.post(`/admin/mail/${id}/retry`)).toMatchObject({ status: 303, to: '/admin/mail' })
  expect((await mailRow(id)).due_at).toBe(deps.now())
  expect((await anns.get('/admin/mail')).html).toContain('The email will be sent again shortly.')
  expect(await anns.post(`/admin/mail/${id}/cancel`)).toMatchObject({ status: 303, to: '/admin/mail' })
  expect((await anns.get('/admin/mail')).html).toContain('The email will not be sent.')
  mailbox.failWith()
  advance(minutes(60))
  await deliverMail()
  expect(mailbox.mails).toEqual([])
  expect(await mailRow(id)).toMatchObject({ sent_at: null, error_code: 'cancelled' })
})

test('a finished and an unknown mail are 404', async () => {
  const { anns, enqueue, deliverMail } = await adminSite()
  const id = await enqueue()
  await deliverMail()
  for (const one of [id, 'unknown'])
    for (const verb of ['retry', 'cancel']) expect((await anns.post(`/admin/mail/${one}/${verb}`)).status).toBe(404)
})

test('a stale login must be confirmed before a change', async () => {
  const { as, enqueue, mailRow } = await adminSite()
  const id = await enqueue()
  const before = await mailRow(id)
  const stale = await as(ann, { fresh: false })
  const { status, to } = await stale.post(`/admin/mail/${id}/cancel`)
  expect([status, to]).toEqual([303, expect.stringContaining('/relogin')])
  expect(await mailRow(id)).toEqual(before)
})

test('a mail server that fails is an error at the top, and the menu says how many mails wait', async () => {
  const { anns, eves, enqueue, mailbox, deliverMail, advance } = await adminSite({
    ...SMTP,
    SESSION_IDLE_SECONDS: '3600',
  })
  expect((await anns.get('/admin/users')).html).toContain('<a href="/admin/mail">Mail</a>')
  for (let i = 0; i < 3; i++) await enqueue()
  mailbox.failWith(smtpErrors.refused)
  await deliverMail()
  advance(minutes(2))
  await deliverMail()
  const { html } = await anns.get('/admin/mail')
  expect(html.replaceAll(/<[^>]+>/g, '')).toContain(
    'The mail server has not been reachable since 12:00 PM UTC (ECONNREFUSED). 3 emails are waiting.',
  )
  expect((await anns.get('/admin/users')).html).toContain('<a href="/admin/mail">Mail (3 waiting)</a>')
  expect((await eves.get('/dashboard')).html).not.toContain('/admin/mail')
})

test('the outbox shows no body and no link of a mail', async () => {
  const { anns, browser, deliverMail, deps, mailbox } = await adminSite({ MAIL_URL: 'mailbox:' })
  await browser().post('/forgot-password', { email: sue.email })
  await deliverMail()
  await browser().post('/forgot-password', { email: sue.email })
  const { html } = await anns.get('/admin/mail')
  expect(html).toContain('Password reset')
  expect(html).toContain('1 sent · 0 opened · 0 used')
  expect(html).not.toMatch(/token=|Reset your password/)
  expect(html).not.toContain(sue.email)
  expect(mailbox.mails).toHaveLength(1)
  expect(await deps.db.selectFrom('mails').select('details').where('sent_at', 'is not', null).execute()).toEqual([
    { details: '{}' },
  ])
})

test('with MAIL_URL=off the outbox does not exist and no menu names it', async () => {
  const { anns } = await adminSite({ MAIL_URL: 'off' })
  expect((await anns.get('/admin/mail')).status).toBe(404)
  for (const verb of ['retry', 'cancel']) expect((await anns.post(`/admin/mail/x/${verb}`)).status).toBe(404)
  expect((await anns.get('/admin/users')).html).not.toContain('/admin/mail')
})

test('the page of a user says that a mail server rejected the address, until it accepts a mail', async () => {
  const site = await adminSite()
  const isShown = async () => (await site.anns.get(site.pageOf('eve'))).html.includes('rejected by its mail server')
  const send = async () => {
    await site.enqueue()
    await site.deliverMail()
  }
  site.mailbox.refuseWith(smtpErrors.noMailbox)
  await send()
  expect(await isShown()).toBe(true)
  site.mailbox.refuseWith()
  await send()
  expect(await isShown()).toBe(false)
})
