import { expect, spyOn, test } from 'bun:test'
import { QueueFull } from '@/lib/fair-queue'
import { deactivateUser } from '@/model/accounts/deactivate'
import { hashPassword } from '@/model/passwords/hash'
import { createUser } from '@/model/users/users'
import { signupTest } from '../../support/features'
import { user } from '../../support/command-line'
import { takeLoggedErrors } from '../../support/no-stray-errors'
import { ann, annAndEve, authenticateUser, passwordHashOf } from '../../support/people'
import { openSite } from '../../support/site'

const spaced = { email: 'zoe@example.test', name: 'Zoe', password: ' violet marmalade kettle ' }

async function countHashes(work: () => Promise<unknown>) {
  const verify = spyOn(Bun.password, 'verify')
  try {
    await work()
    return verify.mock.calls.length
  } finally {
    verify.mockRestore()
  }
}

const flashOf = (html: string) => html.match(/<p id="flash"[^>]*>([^<]*)/)?.[1]

test.each([
  ['a space at its end', `${ann.password} `],
  ['a space at its start', ` ${ann.password}`],
  ['a line end', `${ann.password}\r\n`],
  ['a tab', `\t${ann.password}`],
  ['a no-break space', `${ann.password}\u00A0`],
  ['an ideographic space', `\u3000${ann.password}\u3000`],
  ['an em space', `\u2003${ann.password}`],
  ['a line separator', `${ann.password}\u2028`],
  ['a next line character', `${ann.password}\u0085`],
  ['a byte order mark', `\uFEFF${ann.password}`],
  ['a thousand spaces', `${' '.repeat(500)}${ann.password}${' '.repeat(500)}`],
  ['spaces above the maximum length', ann.password + ' '.repeat(30_000)],
])('a right password with %s is accepted wherever a password is typed', async (_, password) => {
  const { browser, as } = await annAndEve()
  expect((await browser().post('/login', { ...ann, password })).to).toBe('/profile')
  const stale = await as(ann, { fresh: false })
  expect((await stale.post('/relogin', { password })).to).toBe('/profile')
  const fields = { password, new_password: 'five boxing wizards' }
  expect((await stale.post('/settings/password', fields)).to).toBe('/settings')
})

test('a password that is stored with white space at its ends needs it', async () => {
  const { browser, deps } = await annAndEve()
  await createUser(deps, spaced)
  const login = async (password: string) => (await browser().post('/login', { ...spaced, password })).status
  expect(await login(spaced.password)).toBe(303)
  for (const other of [spaced.password.trim(), `${spaced.password} `, spaced.password.trimEnd()])
    expect([other, await login(other)]).toEqual([other, 422])
})

signupTest.each([
  ['wrong', 1],
  ['wrong in the middle', 1],
  ['wrong ', 2],
  ['\u3000wrong', 2],
  ['   ', 2],
  ['', 1],
])('the wrong password %j costs %d hashes for every email address', async (password, expected) => {
  const { deps, users } = await annAndEve()
  const hashesOf = (email: string) => countHashes(() => authenticateUser(deps, email, password))
  await deactivateUser(deps, users.eve, 'command line')
  for (const email of [ann.email, 'unknown@example.test', users.eve.email])
    expect([email, await hashesOf(email)]).toEqual([email, expected])
  await deps.db.updateTable('users').set({ password_hash: null }).execute()
  expect(await hashesOf(ann.email)).toBe(expected)
})

test('a right password as typed costs one hash, also with white space at its ends', async () => {
  const { deps } = await annAndEve()
  await createUser(deps, spaced)
  expect(await countHashes(() => authenticateUser(deps, spaced.email, spaced.password))).toBe(1)
})

test('two comparisons count as one attempt', async () => {
  const { browser, deps, events } = await annAndEve()
  deps.config.limits.account = { ...deps.config.limits.account, freeAttempts: 2 }
  const login = async () => (await browser().post('/login', { ...ann, password: 'wrong ' })).status
  expect([await login(), await login(), await login()]).toEqual([422, 422, 429])
  expect(events.filter(({ kind }) => kind === 'login-failed')).toHaveLength(2)
  expect(await deps.db.selectFrom('rate_limit_hits').select('id').execute()).toHaveLength(2)
})

test('an unreadable hash is logged once for two comparisons and costs two dummy hashes', async () => {
  const { deps } = await annAndEve()
  await deps.db.updateTable('users').set({ password_hash: '' }).execute()
  expect(await countHashes(() => authenticateUser(deps, ann.email, `${ann.password} `))).toBe(2)
  expect(takeLoggedErrors()).toHaveLength(1)
})

test('an attempt counts if the full queue rejects only the second comparison', async () => {
  const { browser, deps } = await annAndEve()
  deps.config.limits.account = { ...deps.config.limits.account, freeAttempts: 1 }
  const { run } = deps.hashQueue
  let jobs = 0
  deps.hashQueue.run = (source, work) => (++jobs === 2 ? Promise.reject(new QueueFull('full')) : run(source, work))
  expect((await browser().post('/login', { ...ann, password: 'wrong ' })).status).toBe(503)
  expect((await browser().post('/login', ann)).status).toBe(429)
})

test('a replaced hash is the one of the text that matched', async () => {
  const site = await annAndEve()
  site.deps.config.passwords.cost.time = 2
  await authenticateUser(site.deps, ann.email, `${ann.password}\n`)
  const hash = (await passwordHashOf(site)) ?? ''
  expect(hash).toContain('t=2')
  expect(await Bun.password.verify(ann.password, hash)).toBe(true)
})

test('the current password with white space at its ends is no new password without it', async () => {
  const { as } = await annAndEve()
  const anns = await as(ann)
  const { status, html } = await anns.post('/settings/password', {
    password: `${ann.password} `,
    new_password: ann.password,
  })
  expect([status, html]).toEqual([422, expect.stringContaining('Choose a password that is different')])
})

test('a password with a space at its end can be changed to the same one without it', async () => {
  const { as, browser, deps, users } = await annAndEve()
  const password_hash = await hashPassword(deps, `${ann.password} `)
  await deps.db.updateTable('users').set({ password_hash }).where('id', '=', users.ann.id).execute()
  const anns = await as(ann)
  const change = { password: `${ann.password} `, new_password: ann.password }
  expect((await anns.post('/settings/password', change)).to).toBe('/settings')
  expect((await browser().post('/login', ann)).status).toBe(303)
})

signupTest.each([' violet marmalade kettle', 'violet marmalade kettle\t', 'violet marmalade kettle\u00A0'])(
  'sign-up and password change accept %j and say that it starts or ends with a space',
  async (password) => {
    const site = await annAndEve()
    const zoes = site.browser()
    expect((await zoes.post('/signup', { ...spaced, password })).to).toBe('/login')
    expect(flashOf((await zoes.get('/login')).html)).toBe(
      'Account created. Please log in. Your password starts or ends with a space, so type that space too.',
    )
    const anns = await site.as(ann)
    expect((await anns.post('/settings/password', { password: ann.password, new_password: password })).to).toBe(
      '/settings',
    )
    expect(flashOf((await anns.get('/settings')).html)).toBe(
      'Your password has been changed. It starts or ends with a space, so type that space too.',
    )
  },
)

test('the command line says that a new password starts or ends with a space', async () => {
  const site = await openSite()
  const { code, text } = await user(site, ['create', spaced.email, '--name', 'Zoe'], `${spaced.password}\n`)
  expect([code, text]).toEqual([0, expect.stringContaining('The password starts or ends with a space.')])
  expect(await authenticateUser(site.deps, spaced.email, spaced.password)).toMatchObject({ name: 'Zoe' })
})
