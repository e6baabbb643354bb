import { expect, test } from 'bun:test'
import { parseMailCommand } from '@/cli/parse-mail-args'
import { runMailCommand } from '@/cli/mail-commands'
import { branding } from '@/config/branding'
import { days, hours, minutes } from '@/lib/duration'
import { renderMail } from '@/mail-templates'
import { enqueueMail } from '@/model/mails/mails'
import { smtpErrors } from '../support/mailbox'
import { mailSite, type Site } from '../support/site'

const SMTP = { MAIL_URL: 'smtp://mail.example.test:587', MAIL_FROM: 'no-reply@example.test' }

/** Runs `bun run mail` with these arguments. */
async function mail({ deps }: Pick<Site, 'deps'>, ...args: string[]) {
  const command = parseMailCommand(args)
  if ('code' in command) return command
  return runMailCommand(deps, command, (email) => renderMail(deps.config, 'test', { email, details: {}, tokens: {} }))
}

const enqueue = ({ deps }: Pick<Site, 'deps'>) => enqueueMail(deps, { kind: 'test', recipient: 'ann@example.test' })

test('status counts mails by state, and fails only while the oldest has waited for more than 15 minutes', async () => {
  const site = await mailSite(SMTP)
  await enqueue(site)
  await site.deliverMail()
  const failed = await enqueue(site)
  site.mailbox.failWith(smtpErrors.noMailbox)
  await site.deliverMail()
  expect(failed).toHaveLength(22)
  site.mailbox.failWith(smtpErrors.refused)
  await enqueue(site)
  await site.deliverMail()
  site.advance(minutes(15))
  await site.deliverMail()
  const text = [
    'waiting 1   oldest 15 min',
    'sent    1 in the last 7 days',
    'failed  1 in the last 30 days (550: 1)',
    'server  mail.example.test:587, ECONNREFUSED since 12:00 UTC',
  ].join('\n')
  expect(await mail(site, 'status')).toEqual({ code: 0, text })
  site.advance(1)
  expect((await mail(site, 'status')).code).toBe(1)
  site.advance(days(1) + hours(3))
  expect((await mail(site, 'status')).text).toContain('oldest 1 d 3 h 15 min')
  expect((await mail(site, 'status')).text).toContain('since 2030-01-01 12:00 UTC')
})

test('status of an empty queue succeeds', async () => {
  const { code, text } = await mail(await mailSite(SMTP), 'status')
  expect([code, text]).toEqual([0, expect.stringContaining('waiting 0\nsent    0')])
})

test('list shows waiting and failed mails with masked addresses', async () => {
  const site = await mailSite(SMTP)
  expect(await mail(site, 'list')).toEqual({ code: 0, text: 'No email waits, and none has failed.' })
  const id = await enqueue(site)
  const { text } = await mail(site, 'list')
  expect(text.split('\n')).toEqual([
    expect.stringMatching(/^ID +KIND +TO +STATE +REQUESTED +ATTEMPTS +ERROR$/),
    `${id}  test  a…@example.test  due now  2030-01-01 12:00 UTC  0         -`,
  ])
})

test('retry makes one waiting mail due, or all, and refuses an unknown one', async () => {
  const site = await mailSite(SMTP)
  const ids = [await enqueue(site), await enqueue(site)]
  site.mailbox.failWith(smtpErrors.mailboxFull)
  await site.deliverMail()
  expect((await mail(site, 'list')).text).toContain('due in ')
  expect(await mail(site, 'retry', ids[0] ?? '')).toEqual({ code: 0, text: 'The email will be sent again shortly.' })
  expect(await mail(site, 'retry', 'all')).toEqual({ code: 0, text: '1 email will be sent again shortly.' })
  expect(await mail(site, 'retry', 'all')).toEqual({ code: 0, text: 'No email waits for a later attempt.' })
  expect(await mail(site, 'retry', 'x')).toEqual({ code: 1, text: 'No waiting email with the ID "x".' })
  site.mailbox.failWith()
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
})

test('test sends one mail past the queue and prints the answer of the server without control characters', async () => {
  const site = await mailSite()
  const { mailer } = site.deps
  Object.assign(site.deps, {
    mailer: {
      ...mailer,
      send: async (message: never) => (await mailer.send(message), { response: '250 \u001b[31mOK' }),
    },
  })
  expect(await mail(site, 'test', 'Ann@example.test')).toEqual({
    code: 0,
    text: 'sent to ann@example.test: 250 [31mOK',
  })
  expect(site.mailbox.mails).toMatchObject([{ to: 'ann@example.test', subject: `Test email from ${branding.name}` }])
  expect(await site.deps.db.selectFrom('mails').select('id').execute()).toEqual([])
})

test('test fails with the code of the mail server, or with the reason why the address is invalid', async () => {
  const site = await mailSite()
  site.mailbox.failWith(smtpErrors.noMailbox)
  const { code, text } = await mail(site, 'test', 'ann@example.test')
  expect([code, text]).toEqual([1, expect.stringMatching(/^mail test failed: 550: 550 5\.1\.1 /)])
  expect(await mail(site, 'test', 'ann@')).toEqual({ code: 1, text: 'Enter an email address like ann@example.com.' })
})

test.each([
  [[], 'Shows and repeats the emails'],
  [['send'], 'unknown command "send"; use status, list, retry or test'],
  [['retry'], 'ID is missing; use bun run mail retry ID'],
  [['test'], 'ADDRESS is missing; use bun run mail test ADDRESS'],
  [['status', 'now'], 'unexpected argument "now"; use bun run mail status'],
  [['list', '--all'], 'unknown option "--all"'],
  [['--all'], 'unknown option "--all"'],
])('a usage error has exit code 2: %j', async (args, text) => {
  expect(parseMailCommand(args)).toEqual({ code: 2, text: expect.stringContaining(text) })
})

test('an ID may start with a dash', () => {
  expect(parseMailCommand(['retry', '-Nn0CSvXyyfZ5l8j2IpSC4'])).toEqual({
    verb: 'retry',
    argument: '-Nn0CSvXyyfZ5l8j2IpSC4',
  })
})

test.each(['--help', '-h', 'help'])('%s prints all commands', (arg) => {
  const { code, text } = { text: '', code: 2, ...parseMailCommand([arg]) }
  expect(code).toBe(0)
  for (const verb of ['status', 'list', 'retry ID|all', 'test ADDRESS']) expect(text).toContain(`bun run mail ${verb} `)
})
