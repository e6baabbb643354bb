import { expect, spyOn, test } from 'bun:test'
import { sql } from 'kysely'
import { verifyHash } from '@/model/passwords/hash'
import { logLines, takeLoggedErrors } from '../../support/no-stray-errors'
import { ann, annAndEve, passwordHashOf } from '../../support/people'

async function annWithHash(password_hash: string) {
  const site = await annAndEve()
  await site.deps.db.updateTable('users').set({ password_hash }).where('id', '=', site.users.ann.id).execute()
  return site
}

async function verifiedHashes(work: () => Promise<unknown>) {
  const verify = spyOn(Bun.password, 'verify')
  try {
    await work()
    return verify.mock.calls.map(([, hash]) => hash)
  } finally {
    verify.mockRestore()
  }
}

const dummy = expect.stringMatching(/^\$argon2id\$v=19\$m=8,t=1,p=1\$A{43}\$A{43}$/)

const argon2id = await Bun.password.hash(ann.password, { algorithm: 'argon2id', memoryCost: 8, timeCost: 1 })
const bcrypt = await Bun.password.hash(ann.password, { algorithm: 'bcrypt', cost: 4 })

const unreadable = [
  ['no hash at all', 'x'],
  ['an empty text', ''],
  ['a space', ' '],
  ['a NUL', '\0'],
  ['a truncated hash', '$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ'],
  ['argon2id without its end', argon2id.slice(0, -2)], // without one character, some are valid
  ['argon2id with a NUL at its end', `${argon2id}\0`],
  ['argon2id with a line end', `${argon2id}\n`],
  ['argon2id without a version', argon2id.replace('v=19$', '')],
  ['argon2id of version 16', argon2id.replace('v=19', 'v=16')],
  ['argon2id without memory', argon2id.replace('m=8', 'm=0')],
  ['argon2id without passes', argon2id.replace('t=1', 't=0')],
  ['argon2i without threads', argon2id.replace('argon2id', 'argon2i').replace('p=1', 'p=0')],
  ['argon2id with reordered parameters', argon2id.replace('m=8,t=1', 't=1,m=8')],
  ['argon2 of no kind', argon2id.replace('argon2id', 'argon2')],
  ['bcrypt without its end', bcrypt.slice(0, -1)],
  ['bcrypt of an unknown kind', bcrypt.replace('$2b$', '$2z$')],
  ['bcrypt below the minimum cost', bcrypt.replace('$04$', '$03$')],
  ['PBKDF2', '$pbkdf2-sha256$i=1000$c29tZXNhbHQ$c29tZWhhc2g'],
  ['PBKDF2 of Django', 'pbkdf2_sha256$600000$c29tZXNhbHQ$c29tZWhhc2g='],
  ['scrypt', '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E'],
  ['argon2 with the prefix of Django', `argon2${argon2id}`],
  ['a hexadecimal MD5', '5f4dcc3b5aa765d61d8327deb882cf99'],
  ['a text of a megabyte', `$argon2id$v=19$m=8,t=1,p=1$${'A'.repeat(2 ** 20)}`],
] as const

const tooCostly = [
  ['4 GiB of memory', argon2id.replace('m=8', 'm=4194304')],
  ['1 GiB of memory', argon2id.replace('m=8', 'm=1048576')],
  ['memory in another notation', argon2id.replace('m=8', 'm=4_194_304')],
  ['a signed number', argon2id.replace('m=8', 'm=+4194304')],
  ['millions of passes', argon2id.replace('t=1', 't=4294967295')],
  ['too much memory and passes together', argon2id.replace('m=8,t=1', 'm=262144,t=5')],
  ['a thousand threads', argon2id.replace('m=8,t=1,p=1', 'm=65536,t=1,p=1000')],
  ['the highest cost of bcrypt', bcrypt.replace('$04$', '$31$')],
] as const

test.each(unreadable)('a stored hash that is %s is answered and counted like a wrong password', async (_, hash) => {
  const { browser, users, events, deps, advance } = await annWithHash(hash)
  const known = await browser().post('/login', ann)
  const unknown = await browser().post('/login', { ...ann, email: 'unknown@example.test' })
  expect(known.status).toBe(422)
  expect(known.html.replaceAll(ann.email, '')).toBe(unknown.html.replaceAll('unknown@example.test', ''))
  expect(events.find(({ kind }) => kind === 'login-failed')).toEqual({
    kind: 'login-failed',
    reason: 'wrong-password',
    userId: users.ann.id,
  })
  expect(takeLoggedErrors()).toEqual([
    expect.objectContaining({ msg: 'password hash unreadable', userId: users.ann.id }),
  ])

  deps.config.limits.account.max = 2
  advance(1000)
  expect((await browser().post('/login', ann)).status).toBe(422)
  takeLoggedErrors()
  expect((await browser().post('/login', ann)).status).toBe(429)
})

test.each(tooCostly)('a stored hash that demands %s is not verified', async (_, hash) => {
  const { browser, users } = await annWithHash(hash)
  expect(await verifiedHashes(() => browser().post('/login', ann))).toEqual([dummy])
  expect(takeLoggedErrors()).toEqual([
    expect.objectContaining({ msg: 'password hash unreadable', userId: users.ann.id }),
  ])
})

test.each(['x', '$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$c29tZWhhc2g'])(
  'the stored hash %j is a wrong password at a re-login and a password change, and is counted there',
  async (hash) => {
    const { as, deps, users } = await annWithHash(hash)
    deps.config.limits.account.max = 2
    const stale = await as(ann, { fresh: false })
    const fresh = await as(ann)
    const fields = { password: ann.password, new_password: 'five boxing wizards' }
    expect((await stale.post('/relogin', { password: ann.password })).status).toBe(422)
    expect((await fresh.post('/settings/password', fields)).status).toBe(422)
    expect(takeLoggedErrors()).toEqual(
      Array(2).fill(expect.objectContaining({ msg: 'password hash unreadable', userId: users.ann.id })),
    )
    expect((await stale.post('/relogin', { password: ann.password })).status).toBe(429)
    expect((await fresh.post('/settings/password', fields)).status).toBe(429)
  },
)

test('the log line of an unreadable hash contains neither the hash nor the password', async () => {
  const { browser } = await annWithHash('$secret$hash')
  await browser().post('/login', ann)
  expect(logLines.join()).toContain('password hash unreadable')
  expect(logLines.join()).not.toMatch(/\$secret|correct horse/)
  takeLoggedErrors()
})

test('a stored hash that is not text is a wrong password', async () => {
  const site = await annAndEve()
  await sql`update users set password_hash = x'00ff'`.execute(site.deps.db)
  expect((await site.browser().post('/login', ann)).status).toBe(422)
  expect(takeLoggedErrors()).toHaveLength(1)
})

test('an unreadable hash costs one dummy hash of the current cost', async () => {
  const { browser } = await annWithHash('x')
  expect(await verifiedHashes(() => browser().post('/login', ann))).toEqual(['x', dummy])
  takeLoggedErrors()
})

test('a user without a password costs the dummy hash and logs nothing', async () => {
  const { deps, users } = await annAndEve()
  const stored = { userId: users.ann.id, hash: null }
  expect(await verifyHash(deps, '', stored)).toBe(false)
  expect(await verifiedHashes(() => verifyHash(deps, ann.password, stored))).toEqual([dummy])
  expect(takeLoggedErrors()).toEqual([])
})

// Made by the reference implementations: argon2-cffi 25.1 and bcrypt 5.0 for Python.
test.each([
  ['argon2i', '$argon2i$v=19$m=64,t=2,p=1$c3Nzc3Nzc3Nzc3Nzc3Nzcw$xuvKWKpy9u+0beNwnJ+3Gcc5V7avByKv5kbGtdSS5lE'],
  ['argon2d', '$argon2d$v=19$m=64,t=2,p=1$c3Nzc3Nzc3Nzc3Nzc3Nzcw$T4MxVUNGaQMZctciDyvInjW7htdkRz/+GkY4xYXA1Ew'],
  [
    'argon2id of 8 threads',
    '$argon2id$v=19$m=64,t=2,p=8$c3Nzc3Nzc3Nzc3Nzc3Nzcw$ZFov9JtK9iq/zlUz80I6ZQI9+KlvnqVbqq+7Z2D55Zw',
  ],
  ['argon2id with a short salt and tag', '$argon2id$v=19$m=64,t=3,p=4$c3Nzc3Nzc3M$GvOr97h3GJIrLQ0KvBXbPUwgjC0gDlvC'],
  ['bcrypt $2a$', '$2a$04$pookRrXqtCx.PytvfxRWde1UYiveytez2njPPZEVGk3gDlzJdVkHy'],
  ['bcrypt $2b$', '$2b$04$pookRrXqtCx.PytvfxRWde1UYiveytez2njPPZEVGk3gDlzJdVkHy'],
  ['bcrypt $2y$', '$2y$04$pookRrXqtCx.PytvfxRWde1UYiveytez2njPPZEVGk3gDlzJdVkHy'],
])('a hash of another system with %s works and is replaced at the login', async (_, hash) => {
  const site = await annWithHash(hash)
  expect((await site.browser().post('/login', { ...ann, password: 'wrong' })).status).toBe(422)
  expect(await passwordHashOf(site)).toBe(hash)
  expect((await site.browser().post('/login', ann)).status).toBe(303)
  expect(await passwordHashOf(site)).toStartWith('$argon2id$v=19$m=8,t=1,p=1$')
  expect((await site.browser().post('/login', ann)).status).toBe(303)
})

test('a hash of another system is replaced at a re-login and when the password is typed to change it', async () => {
  for (const [path, fields] of [
    ['/relogin', {}],
    ['/settings/password', { new_password: 'short' }],
  ] as const) {
    const site = await annWithHash(bcrypt)
    const anns = await site.as(ann, { fresh: path !== '/relogin' })
    await anns.post(path, { password: ann.password, ...fields })
    expect(await passwordHashOf(site)).toStartWith('$argon2id$')
  }
})
