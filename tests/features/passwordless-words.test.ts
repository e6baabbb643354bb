import { expect, test } from 'bun:test'
import { branding } from '@/config/branding'
import { minutes } from '@/lib/duration'
import { inTransaction } from '@/deps/transaction'
import { recordEvent } from '@/model/security-events/security-events'
import { annWithPasskey, logInWithPasskey } from '../support/passkeys'
import { ann, eve } from '../support/people'
import { turnOnTwoStep } from '../support/second-factors'
import { changeRole } from '@/model/users/roles'

const SECURITY = '/settings/security'
const OFF = 'You will log in without a second step.'

/** Ann has one passkey and, by default, no password. Two-step verification is on. */
async function annWithTwoStep({ hasPassword = false } = {}) {
  const site = await annWithPasskey({ MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on' })
  await turnOnTwoStep(site, site.users.ann)
  if (!hasPassword)
    await site.deps.db.updateTable('users').set({ password_hash: null }).where('email', '=', ann.email).execute()
  return { ...site, anns: await site.as(ann, { amr: ['passkey'] }) }
}

for (const hasPassword of [true, false])
  test(`turning two-step verification off ${hasPassword ? 'names' : 'does not name'} the password`, async () => {
    const { anns, ...site } = await annWithTwoStep({ hasPassword })
    const pages = [
      await anns.post(`${SECURITY}/two-step/off`),
      await anns.post(`${SECURITY}/passkeys/${site.passkey.id}/remove`), // its only second factor
    ]
    for (const { html } of pages)
      expect([html.includes('Your password alone'), html.includes(OFF)]).toEqual([hasPassword, !hasPassword])
  })

test('without a password the section of two-step verification says when it asks', async () => {
  const { anns } = await annWithTwoStep()
  await anns.post(`${SECURITY}/two-step/off`, { confirmed: 'yes' })
  const { html } = await anns.get(SECURITY)
  expect(html).toContain('Asks for a second step when you log in without a passkey.')
  expect(html).not.toContain('even if someone knows your password')
})

test('mails to an account without a password say how to log in', async () => {
  const site = await annWithTwoStep()
  const of = { userId: site.users.ann.id, by: 'command line' }
  for (const kind of ['two-step-disabled', 'factors-reset'] as const)
    await inTransaction(site.deps, (deps) => recordEvent(deps, { kind, ...of }), { locks: [] })
  await site.deliverMail()
  const texts = site.mailbox.mails.map(({ text }) => text.replaceAll(/\s+/g, ' '))
  expect(texts.some((text) => text.includes('You now log in without a second step.'))).toBe(true)
  expect(texts.some((text) => text.includes('Choose a password and set up two-step verification again.'))).toBe(true)
  expect(texts.some((text) => text.includes('/forgot-password'))).toBe(true)
  for (const text of texts) expect(text).not.toMatch(/with your password|password alone/)
})

test('the page of a user without a password names none that works', async () => {
  const site = await annWithTwoStep()
  await changeRole(site.deps, site.users.eve, 'admin', 'command line')
  const { html } = await (await site.as(eve)).get(`/admin/users/${site.users.ann.id}`)
  expect(html).toContain('The user has no password.')
  expect(html).not.toMatch(/the password alone|password still works/)
})

test('after a login with a passkey, the page for an unverified address claims no password', async () => {
  const site = await annWithPasskey({ MAIL_URL: 'mailbox:', EMAIL_VERIFICATION: 'required' })
  const anns = site.browser()
  expect((await logInWithPasskey(anns, site.passkey)).to).toBe('/verify-email')
  const { html } = await anns.get('/verify-email')
  expect(html).toContain('<p>One more step: confirm your email address. We’ve sent you a code.</p>')
  expect(html).not.toMatch(/password/i)
})

test('no mail about what a user did with a passkey claims a password', async () => {
  const site = await annWithPasskey({ MAIL_URL: 'mailbox:' })
  await site.browser('Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Firefox/130.0').post('/login', ann)
  const anns = site.browser('Mozilla/5.0 (Macintosh) Version/18.0 Safari/605.1.15')
  await logInWithPasskey(anns, site.passkey)
  expect((await anns.post('/settings/export')).status).toBe(200)
  await anns.post('/settings/email', { email: 'new@example.test' })
  await site.deliverMail()
  const mails = site.mailbox.mails.filter(({ to }) => to === ann.email)
  const texts = mails.map(({ text }) => text.split('\n-- \n')[0]?.replaceAll(/\s+/g, ' ') ?? '')
  for (const sentence of [
    `Someone logged in to your ${branding.name} account from a browser you haven’t used before.`,
    `Someone with access to your ${branding.name} account downloaded its data.`,
    `Someone with access to your ${branding.name} account asked to change its email address, ${ann.email}.`,
  ])
    expect(texts.some((text) => text.startsWith(sentence))).toBe(true)
  for (const text of texts) expect(text).not.toMatch(/password/i)
})

test.each([[true], [false]])(
  'after a login with a passkey no badge claims a password, with a password %p',
  async (hasPassword) => {
    const site = await annWithPasskey({ SESSION_IDLE_SECONDS: '3600', MAIL_URL: 'mailbox:' })
    await changeRole(site.deps, site.users.ann, 'admin', 'command line')
    if (!hasPassword)
      await site.deps.db.updateTable('users').set({ password_hash: null }).where('email', '=', ann.email).execute()
    const anns = await site.as(ann, { amr: ['passkey'] })
    const pages = ['', '/sessions', '/tokens', '/security', '/notifications'].map((page) => `/settings${page}`)
    for (const text of ['confirmed', 'requires confirmation']) {
      for (const page of [...pages, `/admin/users/${site.users.eve.id}`]) {
        const { html } = await anns.get(page)
        const [, badge] = /lock-badge">.*?<\/svg> (.*?)<\/small>/s.exec(html) ?? []
        expect([page, badge]).toEqual([page, text])
        expect(html).not.toMatch(/Confirm your password/)
      }
      site.advance(minutes(6))
    }
  },
)
