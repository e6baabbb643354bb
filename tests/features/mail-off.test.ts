import { expect, test } from 'bun:test'
import { adminTest, signupTest } from '../support/features'
import { ann, eve } from '../support/people'
import { annAsAdmin } from '../support/roles'

/** The addresses that exist only while mail is on. `/forgot-password` says then to ask an administrator. */
const NEEDS_MAIL: [method: 'GET' | 'POST', path: string][] = [
  ['GET', '/forgot-password/sent'],
  ['GET', '/reset-password'],
  ['POST', '/reset-password'],
  ['GET', '/verify-email'],
  ['POST', '/verify-email'],
  ['POST', '/verify-email/resend'],
  ['POST', '/verify-email/decline'],
  ['GET', '/settings/email'],
  ['POST', '/settings/email'],
  ['POST', '/settings/email/code'],
  ['POST', '/settings/email/send'],
  ['POST', '/settings/email/cancel'],
  ['GET', '/settings/notifications'],
  ['POST', '/settings/notifications'],
  ['GET', '/secure-account'],
  ['POST', '/secure-account'],
  ['GET', '/login/code'],
  ['POST', '/login/code'],
  ['POST', '/login/code/send'],
  ['GET', '/admin/mail'],
  ['POST', '/admin/mail/x/retry'],
  ['POST', '/admin/mail/x/cancel'],
  ['POST', '/admin/users/:id/verify-email'],
  ['POST', '/admin/users/:id/send-reset'],
  ['POST', '/admin/users/:id/send-verification'],
  ['POST', '/admin/users/:id/email'],
  ['GET', '/dev/mailbox'],
  ['GET', '/dev/mailbox/x'],
  ['GET', '/dev/mailbox/x/html'],
  ['GET', '/dev/mailbox/x/eml'],
  ['POST', '/dev/mailbox/clear'],
]

/** These exist in every mode. */
const ALWAYS: [method: 'GET' | 'POST', path: string][] = [
  ['GET', '/settings/export'],
  ['POST', '/settings/export'],
  ['GET', '/settings/delete'],
  ['POST', '/settings/delete'],
  ['GET', '/restore-account'],
  ['POST', '/restore-account'],
  ['POST', '/admin/users/:id/delete'],
  ['POST', '/admin/users/:id/cancel-deletion'],
]

/** The status that a new session of an admin gets. */
async function openAsked(env: Record<string, string>) {
  const { as, pageOf } = await annAsAdmin(env)
  return async (method: 'GET' | 'POST', path: string) => {
    const anns = await as(ann)
    const address = path.replace('/admin/users/:id', pageOf('eve'))
    return (await (method === 'GET' ? anns.get(address) : anns.post(address))).status
  }
}

const ON = { MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on' }

test.each(NEEDS_MAIL)('with MAIL_URL=off %s %s is 404', async (method, path) => {
  const ask = await openAsked({ MAIL_URL: 'off' })
  expect(await ask(method, path)).toBe(404)
})

adminTest('with mail each of these addresses exists, except those of one mail', async () => {
  const ask = await openAsked(ON)
  for (const [method, path] of NEEDS_MAIL.filter(([, path]) => !path.includes('/x')))
    expect([method, path, (await ask(method, path)) === 404]).toEqual([method, path, false])
})

adminTest('these addresses exist without mail, too', async () => {
  const ask = await openAsked({ MAIL_URL: 'off' })
  for (const [method, path] of ALWAYS)
    expect([method, path, (await ask(method, path)) === 404]).toEqual([method, path, false])
})

signupTest('with MAIL_URL=off no page and no cookie knows of mail', async () => {
  const { browser, anns, pageOf, deps } = await annAsAdmin({ MAIL_URL: 'off' })
  const visitor = browser()
  expect((await visitor.get('/login')).html).not.toContain('code')
  expect(
    (await visitor.post('/signup', { email: 'zoe@example.test', name: 'Zoe', password: 'violet marmalade kettle' })).to,
  ).toBe('/login')
  expect(await visitor.post('/login', eve)).toMatchObject({ status: 303, to: '/profile' })
  expect(visitor.jar.has('flow')).toBe(false)
  for (const path of ['/dashboard', '/settings', '/profile', pageOf('eve')])
    expect((await anns.get(path)).html).not.toMatch(
      /confirm(ed)? your email|not confirmed|\/settings\/email|Mark as confirmed/i,
    )
  expect((await browser().post('/login', ann)).to).toBe('/profile')
  expect(await deps.db.selectFrom('mails').select('id').execute()).toEqual([])
})
