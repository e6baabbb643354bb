import { expect, test } from 'bun:test'
import { days, minutes } from '@/lib/duration'
import type { Browser } from '../support/browser'
import { annAndEveWithMail, issueTo, openLink, useOpened } from '../support/one-time-links'
import { ann, annAndEve, eve } from '../support/people'

const PATH = '/settings/notifications'

async function annWithMail(env: Record<string, string> = {}) {
  const site = await annAndEveWithMail(env)
  const { events, users } = site
  return {
    ...site,
    anns: await site.as(ann),
    changes: () => events.filter(({ kind }) => kind.startsWith('notification-')),
    muted: { kind: 'notification-muted' as const, userId: users.ann.id },
    unmuted: { kind: 'notification-unmuted' as const, userId: users.ann.id },
  }
}

const isChecked = async (browser: Browser) =>
  / name="new_device" value="yes" checked/.test((await browser.get(PATH)).html)

test('the page has one checkbox, and lists the mails that are always sent', async () => {
  const { anns } = await annWithMail()
  const { status, html } = await anns.get(PATH)
  expect(status).toBe(200)
  expect(html).toContain('<h1>Notifications</h1>')
  expect(html.match(/type="checkbox"/g)).toHaveLength(1)
  expect(html).toContain('Email me when someone logs in from a new browser')
  expect(await isChecked(anns)).toBe(true)
  const [, list = ''] = /We always email you when:<\/p><ul>([^]*?)<\/ul>/.exec(html) ?? []
  expect([...list.matchAll(/<li>([^<]*)<\/li>/g)].map(([, text]) => text)).toEqual([
    'your password or email address changes',
    'an API token is created',
    'a passkey or an authenticator app is added or removed',
    'two-step verification is turned on or off',
    'recovery codes are created or used',
    'your remembered login may have been copied',
    'your account is locked or secured',
    'an administrator changes your account',
    'your data is downloaded',
    'your account is scheduled for deletion',
    'new-login emails are turned off',
  ])
})

test('a user turns the mails about logins off and on, and each change is in the history once', async () => {
  const { anns, changes, muted, unmuted, mailbox, deliverMail } = await annWithMail()
  for (let i = 0; i < 2; i++) expect(await anns.post(PATH)).toMatchObject({ status: 303, to: PATH })
  expect((await anns.get(PATH)).html).toContain('Your settings have been saved.')
  expect(await isChecked(anns)).toBe(false)
  expect((await anns.get('/settings')).html).toContain('New-login emails are off')
  expect(changes()).toEqual([muted])

  for (let i = 0; i < 2; i++)
    expect(await anns.postHtmx(PATH, { new_device: 'yes' })).toMatchObject({ status: 204, to: PATH })
  expect(await isChecked(anns)).toBe(true)
  expect((await anns.get('/settings')).html).toContain('New-login emails are on')
  expect(changes()).toEqual([muted, unmuted])

  const { html } = await anns.get('/settings/activity')
  expect(html).toContain('You turned off emails about logins from new browsers.')
  expect(html).toContain('You turned on emails about logins from new browsers.')
  await deliverMail()
  expect(mailbox.mails.map(({ to, subject }) => [to, subject])).toEqual([[ann.email, 'New-login emails are off']])
})

test('one user turns off only their own mails', async () => {
  const { anns, as } = await annWithMail()
  await anns.post(PATH)
  expect(await isChecked(await as(eve))).toBe(true)
})

test('any other value of the checkbox turns the mails off', async () => {
  const { anns } = await annWithMail()
  for (const value of ['', 'no', 'YES', 'on']) {
    await anns.post(PATH, { new_device: 'yes' })
    await anns.post(PATH, { new_device: value })
    expect([value, await isChecked(anns)]).toEqual([value, false])
  }
})

test('a visitor must log in, and a stale login must confirm the password before the change', async () => {
  const { anns, browser, advance, changes } = await annWithMail({ SESSION_IDLE_SECONDS: '3600' })
  expect(await browser().get(PATH)).toMatchObject({ status: 303, to: '/login?next=%2Fsettings%2Fnotifications' })
  expect((await browser().post(PATH)).status).toBe(303)
  expect((await anns.get(PATH)).html).toContain('password confirmed')
  advance(minutes(5))
  const page = await anns.get(PATH)
  expect(page.status).toBe(200)
  expect(page.html).toContain('password required')
  expect(await anns.post(PATH)).toMatchObject({ status: 303, to: '/relogin' })
  expect(changes()).toEqual([])
  expect((await anns.post('/relogin', { password: ann.password })).to).toBe('/resume')
})

async function annAfterReset(env: Record<string, string> = {}) {
  const site = await annWithMail(env)
  const browser = site.browser()
  await openLink(browser, 'reset-password', await issueTo(site, site.users.ann, 'reset-password'))
  await useOpened(browser, 'reset-password')
  return { ...site, logIn: () => site.as(ann) }
}

test('for 72 hours after a reset by mail nothing can be changed, to the millisecond', async () => {
  const { logIn, advance, changes, muted } = await annAfterReset()
  advance(days(3) - 1)
  const anns = await logIn()
  for (const send of [anns.post, anns.postHtmx]) {
    const { status, html } = await send(PATH)
    expect(status).toBe(409)
    expect(html).toContain('<h1>Not possible yet</h1>')
    expect(html).toContain('Your password was reset by email')
    expect(html).toContain('2030-01-04T12:00:00.000Z')
  }
  expect(await isChecked(anns)).toBe(true)
  expect(changes()).toEqual([])
  advance(1)
  expect((await anns.post(PATH)).status).toBe(303)
  expect(changes()).toEqual([muted])
})

test('with RECOVERY_HOLD_SECONDS=0 the mails can be turned off right after a reset', async () => {
  const { logIn, changes, muted } = await annAfterReset({ RECOVERY_HOLD_SECONDS: '0' })
  expect((await (await logIn()).post(PATH)).status).toBe(303)
  expect(changes()).toEqual([muted])
})

test('while mail is off the page and its entries do not exist', async () => {
  const { as } = await annAndEve()
  const anns = await as(ann)
  expect((await anns.get(PATH)).status).toBe(404)
  expect((await anns.post(PATH)).status).toBe(404)
  for (const page of ['/settings', '/profile', '/dashboard']) expect((await anns.get(page)).html).not.toContain(PATH)
})

test('the file of all data says since when the mails are off', async () => {
  const { anns } = await annWithMail()
  const read = async () => JSON.parse((await anns.post('/settings/export')).html).account.new_login_emails_off_since
  expect(await read()).toBeNull()
  await anns.post(PATH)
  expect(await read()).toBe('2030-01-01T12:00:00.000Z')
})
