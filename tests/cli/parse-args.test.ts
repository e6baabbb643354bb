import { expect, test } from 'bun:test'
import { parseCommand } from '@/cli/parse-args'
import { quote } from '@/lib/quote'
import { user } from '../support/command-line'
import { ann, annAndEve, eve } from '../support/people'
import { openSite } from '../support/site'

const abe = ['create', 'Abe@example.test', '--name', 'Abe Lee']
const UNLOCK = 'use bun run user unlock EMAIL|--source ADDRESS'
const CREATE = 'use bun run user create EMAIL --name NAME [--role ROLE]'
test.each([
  [
    ['remove'],
    'unknown command "remove"; use create, list, role, deactivate, activate, unlock, change-email, delete, cancel-deletion, reset-password, send-reset, verify-email, reset-two-step, reseal or end-all-sessions',
  ],
  [['toString'], expect.stringContaining('unknown command "toString"')],
  [['create'], `--name is missing; ${CREATE}`],
  [['create', '--name', 'Abe'], `EMAIL is missing; ${CREATE}`],
  [['create', 'abe@example.test'], `--name is missing; ${CREATE}`],
  [['create', 'abe@example.test', '--name'], `--name needs a value; ${CREATE}`],
  [['create', 'abe@example.test', '--name', '--role', 'admin'], `--name needs a value; ${CREATE}`],
  [[...abe, '--name', 'Bob'], `--name given twice; ${CREATE}`],
  [[...abe, 'Junior'], `unexpected argument "Junior" (quote a NAME with spaces); ${CREATE}`],
  [[...abe, '--password', 'x'], `unknown option "--password"; ${CREATE}`],
  [[...abe, '--toString'], `unknown option "--toString"; ${CREATE}`],
  [[...abe, '--role', 'boss'], 'unknown role "boss"; use user, support or admin'],
  [[...abe, '--role', 'Admin'], 'unknown role "Admin"; use user, support or admin'],
  [['role', ann.email, ''], 'unknown role ""; use user, support or admin'],
  [['role', ann.email], 'ROLE is missing; use bun run user role EMAIL ROLE'],
  [['role'], 'EMAIL is missing; use bun run user role EMAIL ROLE'],
  [['role', ann.email, 'user', '--role', 'admin'], 'unknown option "--role"; use bun run user role EMAIL ROLE'],
  [['list', ann.email], `unexpected argument "${ann.email}"; use bun run user list`],
  [['list', '-v'], 'unknown option "-v"; use bun run user list'],
  [['deactivate'], 'EMAIL is missing; use bun run user deactivate EMAIL'],
  [['activate', ann.email, eve.email], `unexpected argument "${eve.email}"; use bun run user activate EMAIL`],
  [['unlock'], `EMAIL is missing; ${UNLOCK}`],
  [['unlock', '--source'], `--source needs a value; ${UNLOCK}`],
  [['unlock', '--source='], `"" is no IP address; ${UNLOCK}`],
  [['unlock', '--source', 'app.test'], `"app.test" is no IP address; ${UNLOCK}`],
  [['unlock', '--source', '192.0.2.0/24'], `"192.0.2.0/24" is no IP address; ${UNLOCK}`],
  [['unlock', '--source', '192.0.2.1', '--source', '192.0.2.2'], `--source given twice; ${UNLOCK}`],
  [['unlock', ann.email, '--source', '192.0.2.1'], `unexpected argument "${ann.email}"; ${UNLOCK}`],
  [['activate', '--source', '192.0.2.1'], 'unknown option "--source"; use bun run user activate EMAIL'],
  [['reset-password'], 'EMAIL is missing; use bun run user reset-password EMAIL'],
  [
    ['end-all-sessions', '--api-tokens=x'],
    '--api-tokens takes no value; use bun run user end-all-sessions [--api-tokens]',
  ],
  [
    ['end-all-sessions', ann.email],
    `unexpected argument "${ann.email}"; use bun run user end-all-sessions [--api-tokens]`,
  ],
  [['list', '--api-tokens'], 'unknown option "--api-tokens"; use bun run user list'],
])('a usage error exits with 2 and prints the correct syntax: %j', async (args, message) => {
  const { code, text } = await user(await annAndEve(), args)
  expect({ code, lines: text.split('\n') }).toEqual({ code: 2, lines: [message, 'More: bun run user --help'] })
})

test('--help prints the usage for every command, and a missing command prints it and exits with 2', async () => {
  const site = await openSite()
  const help = await user(site, ['--help'])
  expect(help.code).toBe(0)
  for (const [verb, parameters] of [
    ['create', 'EMAIL --name NAME [--role ROLE]'],
    ['list', ''],
    ['role', 'EMAIL ROLE'],
    ['deactivate', 'EMAIL'],
    ['activate', 'EMAIL'],
    ['unlock', 'EMAIL|--source ADDRESS'],
    ['reset-password', 'EMAIL'],
    ['end-all-sessions', '[--api-tokens]'],
  ])
    expect(help.text).toContain(`  bun run user ${verb} ${parameters}`)
  for (const args of [['-h'], ['create', '--help'], ['remove', '--help']]) expect(await user(site, args)).toEqual(help)
  expect(await user(site, [])).toEqual({ ...help, code: 2 })
})

test('quoted input contains no terminal control characters', () => {
  const typed = 'y\u009b31m\u202e\u2028\u007f\u001b[31m'
  expect(quote(typed)).toBe(String.raw`"y\u{9b}31m\u{202e}\u{2028}\u{7f}\u001b[31m"`)
})

test('an option without a command is a usage error, and help is a command', () => {
  expect(parseCommand(['--frob'])).toMatchObject({
    kind: 'output',
    output: { code: 2, text: expect.stringMatching(/^unknown option "--frob"; start with a command\n/) },
  })
  expect(parseCommand(['help'])).toMatchObject({ kind: 'output', output: { code: 0 } })
})
