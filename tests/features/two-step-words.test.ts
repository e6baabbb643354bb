import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import type { Amr } from '@/model/factors/assurance'
import { changeRole } from '@/model/users/roles'
import { countAdminsAtRisk } from '@/model/accounts/factors/admins-at-risk'
import { flashMessages } from '@/ui/flash-messages'
import { ann, annAndEve } from '../support/people'
import { addApp, turnOnTwoStep } from '../support/second-factors'

const LONG = { SESSION_IDLE_SECONDS: '3600' }
const ADVICE = 'Turn on two-step verification to protect this administrator account.'

async function annAsAdminWith({ twoStep }: { twoStep: boolean }) {
  const site = await annAndEve(LONG)
  await changeRole(site.deps, site.users.ann, 'admin', 'command line')
  if (twoStep) {
    await addApp(site, site.users.ann)
    await turnOnTwoStep(site, site.users.ann)
  }
  return { ...site, anns: await site.as(ann, { amr: twoStep ? ['password', 'totp'] : ['password'] }) }
}

test.each([
  [false, 'password confirmed', 'password required'],
  [true, 'confirmed', 'requires confirmation'],
])('with two-step verification %p the badge says %p and then %p', async (twoStep, fresh, stale) => {
  const { anns, advance } = await annAsAdminWith({ twoStep })
  const badges = async () => {
    const pages = ['/settings', '/settings/sessions', '/settings/tokens', '/settings/security']
    const found = await Promise.all(pages.map(async (page) => (await anns.get(page)).html))
    return found.map((html) => html.match(/lock-badge">.*?<\/svg> (.*?)<\/small>/s)?.[1])
  }
  expect(new Set(await badges())).toEqual(new Set([fresh]))
  advance(minutes(6))
  expect(new Set(await badges())).toEqual(new Set([stale]))
})

test('the page of a user asks an admin to confirm, and names the password only if it is asked for', async () => {
  for (const [twoStep, text] of [
    [false, 'Confirm your password to change this account.'],
    [true, 'Confirm that it’s you to change this account.'],
  ] as const) {
    const { anns, users, advance } = await annAsAdminWith({ twoStep })
    advance(minutes(6))
    expect((await anns.get(`/admin/users/${users.eve.id}`)).html).toContain(text)
  }
})

test('the pages of admins advise two-step verification until it is on', async () => {
  for (const twoStep of [false, true]) {
    const { anns, users } = await annAsAdminWith({ twoStep })
    for (const page of ['/admin/users', `/admin/users/${users.eve.id}`])
      expect([page, (await anns.get(page)).html.includes(ADVICE)]).toEqual([page, !twoStep])
  }
})

test.each<[Amr, string, string]>([
  [['password'], 'Password', 'password'],
  [['password', 'totp'], 'Password and a code', 'password'],
  [['password', 'recovery-code'], 'Password and a recovery code', 'password'],
  [['password', 'security-key'], 'Password and a security key', 'password'],
  [['password', 'trusted-browser'], 'Password and a trusted browser', 'password'],
  [['passkey'], 'Passkey', 'passkey'],
])('the list of sessions says how %p opened a session', async (amr, text, opened_by) => {
  const site = await annAndEve(LONG)
  const anns = await site.as(ann, { amr })
  expect((await anns.get('/settings/sessions')).html).toContain(`<span>${text}</span>`)
  const { sessions } = JSON.parse((await anns.get('/api/sessions')).html)
  expect(sessions[0].opened_by).toBe(opened_by)
})

test('an active admin whose password alone opens the account is counted at the start', async () => {
  const { deps, users } = await annAsAdminWith({ twoStep: false })
  expect(await countAdminsAtRisk(deps)).toBe(1)
  await addApp({ deps }, users.ann)
  await turnOnTwoStep({ deps }, users.ann)
  expect(await countAdminsAtRisk(deps)).toBe(0)
})

test('the messages about second factors have their fixed texts', () => {
  const texts = Object.fromEntries(Object.entries(flashMessages).map(([key, [, text]]) => [key, text]))
  expect(texts).toMatchObject({
    'second-step-expired': 'Your login has expired. Please log in again.',
    'second-step-dropped': 'Too many wrong codes. Please log in again.',
    'two-step-required': 'This site requires two-step verification. Set it up to continue.',
    'two-step-turned-on': 'Two-step verification was turned on for your account. Please log in again.',
    'two-step-on': 'Two-step verification is on.',
    'two-step-off': 'Two-step verification is off.',
    'passkey-added': 'Passkey added.',
    'security-key-added': 'Security key added. You can use it for two-step verification.',
    'passkey-removed': 'Passkey removed.',
    'app-added': 'Authenticator app added.',
    'app-removed': 'Authenticator app removed.',
    'recovery-codes-saved': 'Your new recovery codes are active. The old ones no longer work.',
    ...Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => [
        `recovery-codes-left-${i + 1}`,
        `Recovery code used. You have ${i + 1} left.`,
      ]),
    ),
    'recovery-codes-left-0': 'Recovery code used. You have none left. Create new codes now.',
    'trusted-browsers-revoked': 'All browsers will ask for the second step again.',
    'password-removed': 'Your password was removed.',
    'factor-reset-requested': 'Check your email for a link to start the waiting period.',
    'factor-reset-started': 'The waiting period has started. Check your email for the date.',
    'factor-reset-cancelled': 'Two-step verification will not be removed.',
    'factors-reset': 'Two-step verification was removed.',
  })
})
