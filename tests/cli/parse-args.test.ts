import { expect, test } from 'bun:test'
import { quote } from '@/cli/output'
import { parseCommand } from '@/cli/parse-args'
import { user } from '../support/command-line'
import { ann, annAndEve, eve } from '../support/people'
import { openSite } from '../support/site'

const abe = ['create', 'Abe@example.test', '--name', 'Abe Lee']
const CREATE = 'use bun run user create EMAIL --name NAME [--role ROLE].'
test.each([
  [['remove'], '"remove" is no command: use create, list, role, deactivate, activate or reset-password.'],
  [['toString'], expect.stringContaining('"toString" is no command')],
  [['create'], `--name is missing: ${CREATE}`],
  [['create', '--name', 'Abe'], `EMAIL is missing: ${CREATE}`],
  [['create', 'abe@example.test'], `--name is missing: ${CREATE}`],
  [['create', 'abe@example.test', '--name'], `--name lacks its value: ${CREATE}`],
  [['create', 'abe@example.test', '--name', '--role', 'admin'], `--name lacks its value: ${CREATE}`],
  [[...abe, '--name', 'Bob'], `--name is there twice: ${CREATE}`],
  [[...abe, 'Junior'], `"Junior" is too much (a NAME with spaces wants quotes): ${CREATE}`],
  [[...abe, '--password', 'x'], `"--password" is no option here: ${CREATE}`],
  [[...abe, '--toString'], `"--toString" is no option here: ${CREATE}`],
  [[...abe, '--role', 'boss'], '"boss" is no role: use user, support or admin.'],
  [[...abe, '--role', 'Admin'], '"Admin" is no role: use user, support or admin.'],
  [['role', ann.email, ''], '"" is no role: use user, support or admin.'],
  [['role', ann.email], 'ROLE is missing: use bun run user role EMAIL ROLE.'],
  [['role'], 'EMAIL is missing: use bun run user role EMAIL ROLE.'],
  [['role', ann.email, 'user', '--role', 'admin'], '"--role" is no option here: use bun run user role EMAIL ROLE.'],
  [['list', ann.email], `"${ann.email}" is too much: use bun run user list.`],
  [['list', '-v'], '"-v" is no option here: use bun run user list.'],
  [['deactivate'], 'EMAIL is missing: use bun run user deactivate EMAIL.'],
  [['activate', ann.email, eve.email], `"${eve.email}" is too much: use bun run user activate EMAIL.`],
  [['reset-password'], 'EMAIL is missing: use bun run user reset-password EMAIL.'],
])('what is not understood ends with 2, and says what is right: %j', async (args, sentence) => {
  const { code, text } = await user(await annAndEve(), args)
  const [said = '', ...more] = text.split('\n')
  expect({ code, said, more }).toEqual({ code: 2, said: sentence, more: ['More: bun run user --help'] })
})

test('help is there wherever it is asked for; no words at all get it too, as a mistake', async () => {
  const site = await openSite()
  const help = await user(site, ['--help'])
  expect(help.code).toBe(0)
  for (const [verb, words] of [
    ['create', 'EMAIL --name NAME [--role ROLE]'],
    ['list', ''],
    ['role', 'EMAIL ROLE'],
    ['deactivate', 'EMAIL'],
    ['activate', 'EMAIL'],
    ['reset-password', 'EMAIL'],
  ])
    expect(help.text).toContain(`  bun run user ${verb} ${words}`)
  for (const args of [['-h'], ['create', '--help'], ['remove', '--help']]) expect(await user(site, args)).toEqual(help)
  expect(await user(site, [])).toEqual({ ...help, code: 2 })
})

test('what was typed is quoted so that it steers no terminal', () => {
  const typed = 'y\u009b31m\u202e\u2028\u007f\u001b[31m'
  expect(quote(typed)).toBe(String.raw`"y\u{9b}31m\u{202e}\u{2028}\u{7f}\u001b[31m"`)
})

test('an option without a command is one sentence, and help is no unknown command', () => {
  expect(parseCommand(['--frob'])).toMatchObject({
    kind: 'answer',
    answer: { code: 2, text: expect.stringMatching(/^"--frob" is no option here: begin with a command\.\n/) },
  })
  expect(parseCommand(['help'])).toMatchObject({ kind: 'answer', answer: { code: 0 } })
})
