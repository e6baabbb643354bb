import { expect, setDefaultTimeout, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { openDb } from '@db/open'
import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { createUser } from '@/model/users/users'
import { ann, annAndEve } from './support/people'
import { openSite } from './support/site'
import { tempDatabase, tempFolder } from './support/temp'

setDefaultTimeout(20_000)

// These tests start `bun run user` as a process, for its streams, exit code and database file.
const newDatabase = () => `sqlite:${tempDatabase('user')}`
const program = [process.execPath, '--no-env-file', 'src/cli.ts']

async function user(url: string, args: string[], input: string | Uint8Array = '') {
  const child = Bun.spawn([...program, ...args], {
    env: { PATH: process.env.PATH, DATABASE_URL: url },
    stdin: Buffer.from(input),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()])
  return { code: await child.exited, out, err }
}

const abe = ['create', 'abe@example.test', '--name', 'Abe Lee']
const CREATED = /^abe@example\.test is a new .*\.\nPassword \(shown once\): (?:[a-z2-9]{5}-){3}[a-z2-9]{5}\n$/

test('a password is read from a pipe, and stdout contains only the result', async () => {
  const url = newDatabase()
  expect(await user(url, abe, 'five boxing wizards\r\n')).toEqual({
    code: 0,
    out: 'abe@example.test is a new user with the role user.\n',
    err: expect.stringContaining('"kind":"signed-up"'),
  })
  const site = await openSite({ DATABASE_URL: url })
  const login = { email: 'abe@example.test', password: 'five boxing wizards' }
  expect(await site.browser().post('/login', login)).toMatchObject({ status: 303, to: '/profile' })
})

test('an empty input generates a password, and the log does not contain it', async () => {
  const { code, out, err } = await user(newDatabase(), abe)
  expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(CREATED) })
  expect(err).not.toContain(out.trimEnd().split(' ').at(-1))
})

test('a terminal as input generates a password and is not read', async () => {
  let out = ''
  const child = Bun.spawn([...program, ...abe], {
    env: { PATH: process.env.PATH, DATABASE_URL: newDatabase() },
    terminal: { data: (_, data) => void (out += data) },
  })
  expect(await child.exited).toBe(0)
  expect(out).toContain('Password (shown once): ')
})

test('a failed command sets the exit code, writes the error to stderr and leaves stdout empty', async () => {
  const url = newDatabase()
  await (await openDb(url)).destroy()
  expect(await user(url, ['activate', 'abe@example.test'])).toEqual({
    code: 1,
    out: '',
    err: 'No user with the email "abe@example.test".\n',
  })
  expect(await user(url, abe, Uint8Array.of(...Buffer.from('five boxing wizards'), 0xff))).toEqual({
    code: 1,
    out: '',
    err: 'Send the password as one line of UTF-8 text.\n',
  })
  expect(await user(url, ['remove'])).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringMatching(/^unknown command "remove"; /),
  })
  expect(await user(url, [])).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('bun run user create EMAIL'),
  })
})

test('an endless input is not read to its end', async () => {
  const child = Bun.spawn([...program, ...abe], {
    env: { PATH: process.env.PATH, DATABASE_URL: newDatabase() },
    stdin: 'pipe',
    stderr: 'pipe',
  })
  child.stdin.write('y'.repeat(100_000))
  await child.stdin.flush()
  expect(await child.stderr.text()).toMatch(/^Use at most 256 characters/m)
  expect(await child.exited).toBe(1)
})

test('a database that cannot be opened prints the same error as the server, and help needs no database', async () => {
  const url = `sqlite:${tempFolder('user')}/missing/test.sqlite`
  expect(await user(url, abe)).toEqual({
    code: 1,
    out: '',
    err: `Cannot open database DATABASE_URL=${url}: unable to open database file. It should be a file in an existing folder, and this user must be able to write to both.\n`,
  })
  expect(await user(url, ['list', '--help'])).toMatchObject({ code: 0, err: '' })
})

test('only the command create creates a database, and all other commands fail without one', async () => {
  const url = newDatabase()
  for (const args of [
    ['list'],
    ['role', ann.email, 'admin'],
    ['deactivate', ann.email],
    ['activate', ann.email],
    ['unlock', ann.email],
    ['reset-password', ann.email],
  ])
    expect([args, await user(url, args)]).toEqual([
      args,
      { code: 1, out: '', err: `Database not found: DATABASE_URL=${url}\n` },
    ])
  expect(existsSync(url.replace('sqlite:', ''))).toBe(false)
  expect(await user(url, abe)).toMatchObject({ code: 0 })
  expect(await user(url, ['list'])).toMatchObject({ code: 0 })
})

test('a session of a running server ends when the command line deactivates its user', async () => {
  const url = newDatabase()
  const site = await annAndEve({ DATABASE_URL: url })
  site.advance(Date.now() - site.deps.now()) // the command uses the real clock
  const annsBrowser = site.browser()
  await annsBrowser.post('/login', { ...ann, remember: 'yes' })
  expect((await annsBrowser.get('/profile')).status).toBe(200)
  expect(await user(url, ['deactivate', ann.email])).toMatchObject({ code: 0 })
  expect(await annsBrowser.get('/profile')).toMatchObject({ status: 303, to: '/login?next=%2Fprofile' })
})

test('a reader that closes the pipe causes no error', async () => {
  const url = newDatabase()
  const { deps } = await openSite({ DATABASE_URL: url })
  const name = 'n'.repeat(100)
  const create = async (deps: Deps) => {
    for (let i = 0; i < 1000; i++) await createUser(deps, { ...ann, name, email: `p${i}@example.test` })
  }
  await inTransaction(deps, create, { locks: [] }) // no other process writes
  const list = `"${program.join('" "')}" list`
  const shell = Bun.spawn(
    ['bash', '-c', `set -o pipefail; ${list} | head -n 1; echo $?; ${list} | tail -n 1 | cut -d " " -f 1`],
    {
      env: { PATH: process.env.PATH, DATABASE_URL: url },
      stdout: 'pipe',
      stderr: 'pipe',
    },
  )
  const [out, err] = await Promise.all([shell.stdout.text(), shell.stderr.text()])
  expect({ out: out.replace(/ +/g, ' '), err }).toEqual({
    out: 'EMAIL NAME ROLE STATE TWO-STEP PASSKEYS CREATED\n0\np9@example.test\n',
    err: '',
  })
})

test('a full disk prints an error', async () => {
  if (!existsSync('/dev/full')) return // Linux only
  const url = newDatabase()
  await (await openDb(url)).destroy()
  const child = Bun.spawn([...program, 'list'], {
    env: { PATH: process.env.PATH, DATABASE_URL: url },
    stdout: Bun.file('/dev/full'),
    stderr: 'pipe',
  })
  expect(await child.stderr.text()).toMatch(/^Command succeeded but output failed: .*\n$/)
  expect(await child.exited).toBe(1)
})

test('bun run mail stops without mail and without a database, and creates none', async () => {
  const url = newDatabase()
  const mail = async (env: Record<string, string>) => {
    const child = Bun.spawn([...program, 'mail', 'status'], {
      env: { PATH: process.env.PATH, DATABASE_URL: url, ...env },
      stdout: 'pipe',
      stderr: 'pipe',
    })
    return { err: await child.stderr.text(), code: await child.exited }
  }
  expect(await mail({ MAIL_URL: 'off' })).toEqual({ code: 1, err: 'Email is off. Set MAIL_URL.\n' })
  expect(await mail({})).toEqual({ code: 1, err: `Database not found: DATABASE_URL=${url}\n` })
  expect(existsSync(url.replace('sqlite:', ''))).toBe(false)
})
