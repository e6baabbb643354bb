import { expect, test } from 'bun:test'
import { user } from '../support/command-line'
import { annAndEveWithMail } from '../support/one-time-links'
import { ann, annAndEve, eve } from '../support/people'

const NEW = 'new@example.test'

test('change-email changes the address at once, also while mail is off', async () => {
  const site = await annAndEve()
  expect(await user(site, ['change-email', ann.email, 'New@example.test'])).toEqual({
    code: 0,
    text: `${ann.email} has the address New@example.test now. It is not confirmed.`,
  })
  expect((await site.browser().post('/login', { email: NEW, password: ann.password })).status).toBe(303)
  expect((await site.browser().post('/login', ann)).status).toBe(422)
  expect(await site.deps.db.selectFrom('mails').select('id').execute()).toEqual([])
  expect(site.events).toContainEqual({ kind: 'email-changed', userId: site.users.ann.id, by: 'command line' })
})

test('change-email tells the old address', async () => {
  const site = await annAndEveWithMail()
  await user(site, ['change-email', ann.email, NEW])
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ to, subject }) => `${to} ${subject}`).toSorted()).toEqual([
    'ann@example.test Your email address was changed',
    'new@example.test An administrator changed your account',
  ])
})

const refusals: [args: string[], code: 0 | 1 | 2, text: string][] = [
  [['change-email', 'zoe@example.test', NEW], 1, 'No user with the email "zoe@example.test".'],
  [['change-email', ann.email, 'nonsense'], 1, 'Enter an email address like ann@example.com.'],
  [['change-email', ann.email, eve.email], 1, 'Another account has this address.'],
  [['change-email', ann.email], 2, 'NEW is missing; use bun run user change-email EMAIL NEW'],
  [['change-email', ann.email, NEW, 'more'], 2, 'unexpected argument "more"; use bun run user change-email EMAIL NEW'],
]

test.each(refusals)('%p is refused with code %p', async (args, code, text) => {
  const site = await annAndEveWithMail()
  const refused = await user(site, args)
  expect(refused.code).toBe(code)
  expect(refused.text).toContain(text)
  expect((await site.browser().post('/login', ann)).status).toBe(303)
})
