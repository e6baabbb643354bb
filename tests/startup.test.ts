import { expect, mock, test } from 'bun:test'
import { readConfig } from '@/config/env'
import { changeRole } from '@/model/users/roles'
import { describeMail, warnOfAdminsAtRisk, warnOfForeignPasskeys } from '@/startup'
import { annAndEve } from './support/people'
import { annWithPasskey } from './support/passkeys'

const SMTP = { MAIL_URL: 'smtp://user:s3cret@smtp.example.test:2525', MAIL_FROM: 'App <no-reply@example.test>' }
const SENT = 'Email is sent through smtp.example.test:2525 as no-reply@example.test.'
const WRITTEN = 'Email is written to db/mailbox. Read it at http://localhost:3000/dev/mailbox.'

test.each<[Record<string, string>, string]>([
  [{ MAIL_URL: 'off' }, 'Email is off.'],
  [{}, `${WRITTEN} Confirmation is optional.`],
  [{ EMAIL_VERIFICATION: 'required' }, `${WRITTEN} Sign-up requires a confirmed address.`],
  [{ EMAIL_VERIFICATION: 'off' }, WRITTEN],
  [SMTP, `${SENT} Sign-up requires a confirmed address.`],
  [{ ...SMTP, EMAIL_VERIFICATION: 'optional' }, `${SENT} Confirmation is optional.`],
])('the log of the start says where mail goes and whether addresses are confirmed: %j', (env, line) => {
  expect(describeMail(readConfig(env))).toBe(line)
})

test.each<[Record<string, string>, string]>([
  [{ MAIL_URL: 'off', EMAIL_VERIFICATION: 'required' }, 'EMAIL_VERIFICATION=required needs MAIL_URL'],
  [{ MAIL_URL: 'off', EMAIL_VERIFICATION: 'optional' }, 'EMAIL_VERIFICATION=optional needs MAIL_URL'],
  [{ NODE_ENV: 'production', EMAIL_LOGIN: 'on' }, 'EMAIL_LOGIN=on needs MAIL_URL'],
  [{ EMAIL_VERIFICATION: 'on' }, 'EMAIL_VERIFICATION is "on" and should be "required" or "optional" or "off".'],
  [{ EMAIL_LOGIN: 'yes' }, 'EMAIL_LOGIN is "yes" and should be "on" or "off".'],
])('a start with %j fails with one line', (env, line) => {
  expect(() => readConfig(env)).toThrow(new Error(line))
})

test('the start warns of passkeys of another domain, and only of those', async () => {
  const site = await annWithPasskey()
  const warn = mock()
  const deps = { ...site.deps, log: { ...site.deps.log, warn } }
  await warnOfForeignPasskeys(deps)
  expect(warn).not.toHaveBeenCalled()
  await site.deps.db.updateTable('passkeys').set({ rp_id: 'old.example' }).execute()
  await warnOfForeignPasskeys(deps)
  expect(warn.mock.calls).toEqual([
    [{ passkeys: 1, lockedOutUsers: 0 }, expect.stringContaining('PASSKEY_DOMAIN is localhost')],
  ])
})

test.each([
  [{ production: true, mfa: 'optional' }, 1],
  [{ production: true, mfa: 'required-for-admins' }, 0],
  [{ production: false, mfa: 'optional' }, 0],
] as const)('with %j the start warns of admins without a second factor %i times', async (config, times) => {
  const site = await annAndEve()
  const warn = mock()
  const deps = { ...site.deps, config: { ...site.deps.config, ...config }, log: { ...site.deps.log, warn } }
  await warnOfAdminsAtRisk(deps)
  expect(warn).not.toHaveBeenCalled()
  await changeRole(deps, site.users.ann, 'admin', 'command line')
  await warnOfAdminsAtRisk(deps)
  expect(warn.mock.calls).toEqual(
    times === 0 ? [] : [[{ admins: 1 }, 'admins have no second factor: set MFA=required-for-admins to require one']],
  )
})
