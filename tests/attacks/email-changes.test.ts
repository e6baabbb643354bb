import { expect, setDefaultTimeout, test } from 'bun:test'
import { createUser } from '@/model/users/users'
import { EMAIL_PATH as PATH, annWaits, codeIn, mailTo, NEW_EMAIL, rowOfUser, tokenIn } from '../support/changed-email'
import { annAndEveWithMail } from '../support/one-time-links'
import { ann, eve } from '../support/people'

setDefaultTimeout(60_000) // fifty rounds

const INTERLEAVINGS = 50

/** Random numbers that are the same in each run. */
function randomOf(seed: number) {
  let state = seed * 2_654_435_761 + 1
  return (max: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.floor((state / 2 ** 31) * max)
  }
}

test('in fifty interleavings of two changes and two confirmations the confirmed address is the mailed one', async () => {
  const site = await annAndEveWithMail()
  site.deps.config.limits['mail-request'].source = []
  const outcomes = new Set<string>()
  for (let round = 0; round < INTERLEAVINGS; round++) {
    const person = { ...ann, email: `user${round}@example.test` }
    const user = await createUser(site.deps, person)
    if (!user) throw new Error('the address of a user is taken')
    const random = randomOf(round)
    const pause = async () => {
      for (let i = random(40); i > 0; i--) await Promise.resolve()
    }
    const confirmed: string[] = []
    const change = async (name: string, isLink: boolean) => {
      const [email, browser] = [`${name}${round}@example.test`, await site.as(person)]
      await pause()
      await browser.post(PATH, { email })
      await pause()
      await site.deliverMail()
      await pause()
      const text = mailTo(site, email)?.text
      if (isLink) await browser.get(`/verify-email?token=${tokenIn(text)}`)
      const { status } = isLink
        ? await browser.post('/verify-email', { password: ann.password })
        : await browser.post(`${PATH}/code`, { code: codeIn(text) })
      if (status === 303) confirmed.push(email) // or the other change ended the session, which leads to the login
    }
    const link = random(3)
    await Promise.all(['one', 'two'].map((name, i) => change(name, link === i)))
    const { email } = await rowOfUser(site, user)
    const changes = await site.deps.db.selectFrom('email_changes').selectAll().where('user_id', '=', user.id).execute()
    const changed = changes.filter(({ changed_at }) => changed_at !== null)
    expect(changed.map(({ new_email }) => new_email)).toEqual(email === person.email ? [] : [email])
    if (email !== person.email) expect(confirmed).toContain(email)
    const open = changes.filter(({ changed_at, cancelled_at }) => changed_at === null && cancelled_at === null)
    expect(open.length).toBeLessThanOrEqual(email === person.email ? 1 : 0)
    outcomes.add(email.replace(/\d+/, ''))
  }
  expect(outcomes.size).toBeGreaterThan(1)
})

test('of twenty parallel confirmations of a change one has an effect', async () => {
  const site = await annWaits()
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => site.anns.copy().post(`${PATH}/code`, { code: site.code })),
  )
  expect(answers.filter(({ set }) => set.some((line) => line.startsWith('session=')))).toHaveLength(1)
  expect(site.events.filter(({ kind }) => kind === 'email-changed')).toHaveLength(1)
  expect(
    await site.deps.db.selectFrom('mails').select('id').where('kind', '=', 'email-changed-old').execute(),
  ).toHaveLength(1)
})

test('two users who confirm the same address at once do not both get it', async () => {
  const site = await annWaits()
  const eves = await site.as(eve)
  await eves.post(PATH, { email: NEW_EMAIL })
  await site.deliverMail()
  const answers = await Promise.all([
    site.anns.post(`${PATH}/code`, { code: site.code }),
    eves.post(`${PATH}/code`, { code: codeIn(mailTo(site, NEW_EMAIL)?.text) }),
  ])
  expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 409])
  const owners = site.deps.db.selectFrom('users').select('id').where('canonical_email', '=', NEW_EMAIL)
  expect(await owners.execute()).toHaveLength(1)
})

test('the code of another user is no code of this one, also in the same browser', async () => {
  const site = await annWaits()
  const eves = await site.as(eve)
  await eves.post(PATH, { email: 'eves@example.test' })
  await site.deliverMail()
  const code = codeIn(mailTo(site, 'eves@example.test')?.text)
  site.anns.keep('flow', eves.jar.get('flow') ?? '')
  expect((await site.anns.post(`${PATH}/code`, { code })).status).toBe(422)
  expect((await rowOfUser(site, site.users.ann)).email).toBe(ann.email)
  expect((await rowOfUser(site, site.users.eve)).email).toBe(eve.email)
})

test('a reset link from before a change of address does not work after a change back', async () => {
  const site = await annWaits()
  await site.browser().post('/forgot-password', { email: ann.email })
  await site.deliverMail()
  const reset = tokenIn(mailTo(site, ann.email)?.text)
  await site.anns.post(`${PATH}/code`, { code: site.code })
  await site.anns.post(PATH, { email: ann.email })
  await site.deliverMail()
  await site.anns.post(`${PATH}/code`, { code: codeIn(mailTo(site, ann.email)?.text) })
  expect((await rowOfUser(site, site.users.ann)).email).toBe(ann.email)
  const visitor = site.browser()
  await visitor.get(`/reset-password?token=${reset}`)
  expect((await visitor.get('/reset-password')).status).toBe(410)
})

test('wrong passwords for an address before a change neither lock nor show in the account', async () => {
  const site = await annWaits()
  site.deps.config.limits.account.max = 3
  for (let i = 0; i < 3; i++) await site.browser().post('/login', { email: NEW_EMAIL, password: 'wrong' })
  await site.anns.post(`${PATH}/code`, { code: site.code })
  expect((await site.browser().post('/login', { email: NEW_EMAIL, password: ann.password })).status).toBe(303)
  expect((await site.anns.get('/settings/activity')).html).not.toContain('Wrong password')
})

test('the API does not reveal the new address, and cannot change it', async () => {
  const site = await annWaits()
  const { headers, html } = await site.anns.get('/api/me')
  expect(headers.get('content-type')).toStartWith('application/json')
  expect(html).not.toContain(NEW_EMAIL)
  expect(JSON.parse(html)).toMatchObject({ email: ann.email, email_change: { requested_at: expect.any(String) } })
  for (const path of ['/api/me/email', '/api/me/email_change'])
    expect((await site.anns.post(path, { email: 'x@example.test' })).status).toBe(404)
})
