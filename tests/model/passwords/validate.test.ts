import { expect, spyOn, test } from 'bun:test'
import { branding } from '@/config/branding'
import { readConfig } from '@/config/env'
import { hashPassword } from '@/model/passwords/hash'
import { validatePassword } from '@/model/passwords/validate'
import { createUser } from '@/model/users/users'
import { ann, annAndEve, passwordHashOf, authenticateUser } from '../../support/people'
import { openSite } from '../../support/site'

const { deps } = await openSite()
const errorFor = (password: string, owner = ann) => validatePassword(deps, password, owner)

test('the length is counted in code points, after NFKC', async () => {
  expect(await errorFor('eleven char')).toBe('Use at least 12 characters. This has 11.')
  expect(await errorFor('twelve chars')).toBeUndefined()
  expect(await errorFor('😀😃😄😁😆😅🤣😂🙂🙃😉')).toBe('Use at least 12 characters. This has 11.')
  expect(await errorFor('😀😃😄😁😆😅🤣😂🙂🙃😉😊')).toBeUndefined()
  expect(await errorFor('e\u0301'.repeat(11))).toBe('Use at least 12 characters. This has 11.')
  const long = Array.from({ length: 64 }, (_, i) => `${i * 7919}`.padStart(4, 'x'))
    .join('')
    .slice(0, 256)
  expect(await errorFor(long)).toBeUndefined()
  expect(await errorFor(`${long}y`)).toBe('Use at most 256 characters. This has 257.')
})

test('there are no composition rules', async () => {
  for (const password of ['correct horse battery', '我的新密码很长而且很安全吗', 'mint tea at nine', 'a b c x 1 9 7 !'])
    expect(await errorFor(password)).toBeUndefined()
})

test.each([
  'passwordpassword',
  'password1234',
  'Password1234!',
  '123456789012',
  'qwertyuiopasdfg',
  'iloveyou1234',
  'letmeinplease',
  'aaaaaaaaaaaaaaa',
  'abcdefghijklmno',
  '               ',
  'x'.repeat(256),
  'welcome12345',
  'qazwsxedcrfv',
  'changeme1234',
])('the weak password %j is rejected with advice', async (password) => {
  expect(await errorFor(password)).toMatch(/\. Add a few unrelated words\.$/)
})

test('common passwords are rejected, also when repeated to reach the minimum length', async () => {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  const common = [...(dictionary['passwords-common'] ?? [])].map(String)
  const long = common.filter((password) => password.length >= 12)
  const repeated = common.slice(0, 3000).map((password) => password.repeat(Math.ceil(12 / password.length)))
  const sample = [...long, ...repeated].filter((_, i) => i % 40 === 0) // checking all takes 30 s
  expect(sample.length).toBeGreaterThan(80)
  for (const password of sample) expect([password, await errorFor(password)]).toEqual([password, expect.any(String)])
})

test.each([
  'ann@example.test',
  'annlee-annlee',
  'AnnLee 2026!!',
  'example.test1',
  branding.name.repeat(2).padEnd(12, '!'),
  'Ann Lee Ann Lee',
])('%j is too similar to the own email address, name or site name', async (password) => {
  expect(await errorFor(password, { ...ann, email: 'ann.annlee@example.test', name: 'Ann Lee' })).toStartWith(
    'Too similar to your email address',
  )
})

test('a long password may contain a known word', async () => {
  expect(await errorFor('ann keeps seven green tea pots')).toBeUndefined()
})

test('malformed text and an empty password are rejected', async () => {
  expect(await errorFor('\uD800correct horse battery')).toBe('The password contains invalid characters. Type it again.')
  expect(await errorFor('')).toBe('Enter a password.')
})

test('a password is verified in full length and exactly, in every Unicode normalization form', async () => {
  const site = await openSite()
  const password = `Ångström \0 ${'lorem ipsum '.repeat(20)}`.slice(0, 256)
  await createUser(site.deps, { ...ann, password })
  const matches = async (typed: string) => (await authenticateUser(site.deps, ann.email, typed)) !== undefined
  expect(await matches(password)).toBe(true)
  expect(await matches(password.normalize('NFD'))).toBe(true)
  expect(await matches(password.replace('Å', '\u212B'))).toBe(true)
  for (const other of [
    password.slice(0, -1),
    `${password}x`,
    password.toLowerCase(),
    ` ${password}`,
    password.split('\0')[0] ?? '',
    '',
  ])
    expect(await matches(other)).toBe(false)
})

test('the default cost of a hash is 19 MiB and 2 iterations', async () => {
  expect(await hashPassword({ ...deps, config: readConfig({}) }, 'x')).toStartWith('$argon2id$v=19$m=19456,t=2,p=1$')
})

test('a hash of an older cost is replaced at a successful login, and only then', async () => {
  const site = await annAndEve()
  const old = await passwordHashOf(site)
  await authenticateUser(site.deps, ann.email, ann.password)
  expect(await passwordHashOf(site)).toBe(old)

  site.deps.config.passwords.cost.time = 2
  await authenticateUser(site.deps, ann.email, 'wrong')
  expect(await passwordHashOf(site)).toBe(old)
  await authenticateUser(site.deps, ann.email, ann.password)
  expect(await passwordHashOf(site)).toStartWith('$argon2id$v=19$m=8,t=2,p=1$')
  expect(await authenticateUser(site.deps, ann.email, ann.password)).toMatchObject({ name: 'Ann' })
})

test('an unknown email address costs one hash like a wrong password, and an invalid one costs none', async () => {
  const site = await annAndEve()
  const verify = spyOn(Bun.password, 'verify')
  for (const email of [ann.email, 'abe@example.test', 'no address', 'mi\u212Ae@x.test'])
    await authenticateUser(site.deps, email, 'wrong')
  expect(verify.mock.calls.map(([, hash]) => String(hash).split('$').slice(0, 4).join('$'))).toEqual(
    Array(2).fill('$argon2id$v=19$m=8,t=1,p=1'),
  )
  verify.mockRestore()
})

test('a password with thousands of accents is rejected at the same cost and without normalization', async () => {
  const site = await annAndEve()
  const accents = 'a' + '\u0301\u0323'.repeat(16_000)
  const [verify, normalize] = [spyOn(Bun.password, 'verify'), spyOn(String.prototype, 'normalize')]
  expect(await authenticateUser(site.deps, ann.email, accents)).toBeUndefined()
  expect(await errorFor(accents)).toBe('Use at most 256 characters. This has 32001.')
  expect([verify.mock.calls.length, normalize.mock.calls.length]).toEqual([1, 0])
  for (const spy of [verify, normalize]) spy.mockRestore()
})
