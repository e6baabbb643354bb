import { expect, test } from 'bun:test'
import { days } from '@/lib/duration'
import { findUser } from '@/model/users/users'
import { user } from '../support/command-line'
import { dumpDatabase } from '../support/dump-database'
import { emptyOutbox } from '../support/mailbox'
import { ann, eve } from '../support/people'
import { annAsAdmin } from '../support/roles'
import { addApp, addCodes, turnOnTwoStep } from '../support/second-factors'
import { makeToken } from '../support/tokens'

const RESET = 'reset-two-step'

/** Eve has an authenticator app, ten recovery codes and two-step verification. */
async function eveWithFactors(env: Record<string, string> = {}) {
  const site = await annAsAdmin({ MAIL_URL: 'mailbox:', ...env })
  const app = await addApp(site, site.users.eve)
  const codes = await addCodes(site, site.users.eve)
  await turnOnTwoStep(site, site.users.eve)
  await emptyOutbox(site)
  site.events.length = 0
  const found = await findUser(site.deps, site.users.eve.id) // her `factors_version` has changed
  if (!found) throw new Error('eve is gone')
  return { ...site, users: { ...site.users, eve: found }, app, codes }
}

type EvesSite = Awaited<ReturnType<typeof eveWithFactors>>

const FACTOR_TABLES = ['authenticator_apps', 'recovery_codes', 'passkeys'] as const

async function countFactors({ deps, users }: EvesSite) {
  let count = 0
  for (const table of FACTOR_TABLES)
    count += (await deps.db.selectFrom(table).select('id').where('user_id', '=', users.eve.id).execute()).length
  return count
}

const rowOfEve = ({ deps, users }: EvesSite) =>
  deps.db.selectFrom('users').selectAll().where('id', '=', users.eve.id).executeTakeFirstOrThrow()

test('the page of a user shows the second factors, and offers the reset only if there are any', async () => {
  const site = await eveWithFactors()
  const { html } = await site.anns.get(site.pageOf('eve'))
  expect(html.replaceAll(/<[^>]*>/g, '')).toContain('on since Jan 1, 2030, 1 authenticator app, 10 recovery codes left')
  expect(html).toContain(`href="${site.pageOf('eve')}/${RESET}"`)
  const other = await site.anns.get(site.pageOf('sue'))
  expect(other.html).toContain('Two-step verification')
  expect(other.html).not.toContain(RESET)
})

test('a reset asks first, and a GET changes nothing', async () => {
  const site = await eveWithFactors()
  const before = await dumpDatabase(site)
  const { status, html } = await site.anns.get(`${site.pageOf('eve')}/${RESET}`)
  expect(status).toBe(200)
  expect(html).toContain(
    'Eve will be able to log in with only a password until they set it up again. Check that it is really them, for example by phone. Don’t rely on an email.',
  )
  expect(html).toContain('>Reset two-step verification</button>')
  expect(await dumpDatabase(site)).toEqual(before)
})

for (const way of ['admin', 'command line'] as const)
  test(`a reset by ${way} removes all factors, ends all access, and is recorded and emailed`, async () => {
    const site = await eveWithFactors()
    const eves = await site.as(eve)
    const phone = await site.as(eve, { userAgent: 'Phone', remembered: true })
    phone.close()
    const { text } = await makeToken(site.deps, site.users.eve, { name: 'x', scopes: [], lifetime: days(1) })
    await emptyOutbox(site)
    if (way === 'admin') {
      const done = await site.anns.post(`${site.pageOf('eve')}/${RESET}`)
      expect([done.status, done.to]).toEqual([303, site.pageOf('eve')])
      expect((await site.anns.get(site.pageOf('eve'))).html).toContain('Two-step verification was removed.')
    } else
      expect(await user(site, [RESET, eve.email])).toEqual({
        code: 0,
        text: 'eve@example.test has no second factors, and their sessions have ended.',
      })
    expect(await countFactors(site)).toBe(0)
    expect(await rowOfEve(site)).toMatchObject({
      two_step_enabled_at: null,
      two_step_setup_at: null,
      recovered_at: site.deps.now(),
    })
    expect((await eves.get('/profile')).to).toBe('/relogin?next=%2Fprofile')
    expect((await phone.get('/profile')).to).toBe('/login?next=%2Fprofile')
    const bearer = { headers: { authorization: `Bearer ${text}` } }
    expect((await site.browser().ask('/api/me', bearer)).status).toBe(401)
    const by = way === 'admin' ? site.users.ann.id : 'command line'
    expect(site.events).toContainEqual({ kind: 'factors-reset', userId: site.users.eve.id, by })
    await site.deliverMail()
    expect(site.mailbox.mails.map(({ to, subject }) => [to, subject])).toEqual([
      [eve.email, 'Two-step verification was removed'],
    ])
    expect(site.mailbox.mails[0]?.text).toContain('An administrator removed all verification methods')
    const again = site.browser()
    expect((await again.post('/login', eve)).to).toBe('/profile')
    expect((await again.get('/settings/activity')).html).toContain('Two-step verification was reset.')
  })

async function eveWithoutPassword(env: Record<string, string>) {
  const site = await eveWithFactors(env)
  await site.deps.db.updateTable('users').set({ password_hash: null }).where('id', '=', site.users.eve.id).execute()
  return site
}

test('a reset that would leave no way to log in changes nothing and names the way out', async () => {
  const site = await eveWithoutPassword({ MAIL_URL: 'off' })
  const path = `${site.pageOf('eve')}/${RESET}`
  for (const { status, html } of [await site.anns.get(path), await site.anns.post(path)]) {
    expect(status).toBe(409)
    expect(html).toContain('has no password, and this site sends no email.')
    expect(html).toContain('bun run user reset-password EMAIL')
  }
  expect(await user(site, [RESET, eve.email])).toEqual({
    code: 1,
    text: 'eve@example.test has no password, and email is off: without second factors they could not log in. First run: bun run user reset-password EMAIL',
  })
  expect(await countFactors(site)).toBe(11)
  await user(site, ['reset-password', eve.email], 'five boxing wizards')
  expect((await site.anns.post(path)).to).toBe(site.pageOf('eve'))
  expect((await site.browser().post('/login', { ...eve, password: 'five boxing wizards' })).to).toBe('/profile')
})

test('the reset of a user without a password says how they log in again', async () => {
  const site = await eveWithoutPassword({})
  const path = `${site.pageOf('eve')}/${RESET}`
  expect((await site.anns.get(path)).html).toContain(
    'Eve has no password and can log in only after they choose one with a link from an email.',
  )
  await site.anns.post(path)
  expect((await site.anns.get(site.pageOf('eve'))).html).toContain(
    'Two-step verification was removed. This user has no password: send a password reset.',
  )
  expect((await user(site, [RESET, eve.email])).text).toEndWith(
    'They have no password. To send a link to choose one: bun run user send-reset EMAIL',
  )
})

test('a reset unlocks codes that an attacker locked', async () => {
  const site = await eveWithFactors()
  site.deps.config.limits.codes.max = 2
  const attacker = site.browser('Attacker')
  for (let i = 0; i < 3; i++) {
    await attacker.post('/login', eve)
    await attacker.post('/login/second-step', { code: '000000' })
  }
  expect(await site.deps.db.selectFrom('login_failures').select('count').execute()).toEqual([{ count: 2 }])
  await site.anns.post(`${site.pageOf('eve')}/${RESET}`)
  expect(await site.deps.db.selectFrom('login_failures').select('count').execute()).toEqual([])
})

test('admins do not reset their own second factors', async () => {
  const site = await annAsAdmin()
  const before = await dumpDatabase(site)
  for (const answer of [
    await site.anns.get(`${site.pageOf('ann')}/${RESET}`),
    await site.anns.post(`${site.pageOf('ann')}/${RESET}`),
  ]) {
    expect(answer.status).toBe(409)
    expect(answer.html).toContain('Ask another administrator to reset your two-step verification.')
  }
  expect(await dumpDatabase(site)).toEqual(before)
  expect((await site.anns.get(site.pageOf('ann'))).html).not.toContain(RESET)
})

test('support, users and visitors reset nothing, and an admin needs a fresh login', async () => {
  const site = await eveWithFactors()
  const path = `${site.pageOf('eve')}/${RESET}`
  const stale = await site.as(ann, { fresh: false })
  const outcomes: [number, string | null][] = []
  for (const browser of [site.sues, await site.as(eve), site.browser(), stale]) {
    const { status, to } = await browser.post(path)
    outcomes.push([status, to])
  }
  expect(outcomes).toEqual([
    [403, null],
    [403, null],
    [303, '/login'],
    [303, '/relogin'],
  ])
  expect(await countFactors(site)).toBe(11)
})

test('an unknown user is not found, and the second of two resets does no harm', async () => {
  const site = await eveWithFactors()
  expect((await site.anns.post(`/admin/users/${'x'.repeat(22)}/${RESET}`)).status).toBe(404)
  for (let i = 0; i < 2; i++) expect((await site.anns.post(`${site.pageOf('eve')}/${RESET}`)).status).toBe(303)
  expect(await user(site, [RESET, 'zoe@example.test'])).toEqual({
    code: 1,
    text: 'No user with the email "zoe@example.test".',
  })
})

test('no answer shows a secret, a code or a key', async () => {
  const site = await eveWithFactors()
  const stored = await site.deps.db.selectFrom('authenticator_apps').selectAll().executeTakeFirstOrThrow()
  const secrets = [site.app.secret, stored.secret_ciphertext, ...site.codes]
  const answers = [
    await site.anns.get(site.pageOf('eve')),
    await site.anns.get(`${site.pageOf('eve')}/${RESET}`),
    await site.anns.post(`${site.pageOf('eve')}/${RESET}`),
  ]
  for (const { html } of answers) for (const secret of secrets) expect(html).not.toContain(`${secret}`)
})

test('another admin can be reset, because policy asks for a new set-up', async () => {
  const site = await eveWithFactors()
  await user(site, ['role', eve.email, 'admin'])
  expect((await site.anns.post(`${site.pageOf('eve')}/${RESET}`)).status).toBe(303)
  expect(await rowOfEve(site)).toMatchObject({ role: 'admin', two_step_enabled_at: null })
})

test('the list of users shows two-step verification and the number of passkeys', async () => {
  const site = await eveWithFactors()
  const lines = (await user(site, ['list'])).text.split('\n').map((line) => line.split(/\s+/))
  expect(lines[0]).toEqual(['EMAIL', 'NAME', 'ROLE', 'STATE', 'TWO-STEP', 'PASSKEYS', 'CREATED'])
  expect(lines[2]).toEqual([eve.email, 'Eve', 'user', 'active', 'on', '0', '2030-01-01'])
})
