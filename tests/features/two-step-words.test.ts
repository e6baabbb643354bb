import { expect, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import type { Amr } from '@/model/factors/assurance'
import { changeRole } from '@/model/users/roles'
import { countAdminsAtRisk } from '@/model/accounts/factors/admins-at-risk'
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
