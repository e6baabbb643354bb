import { expect, spyOn, test } from 'bun:test'
import { branding } from '@/config/branding'
import { readConfig } from '@/config/env'
import { hashPassword } from '@/model/passwords/hash'
import { validatePassword } from '@/model/passwords/validate'
import { createUser } from '@/model/users/users'
import { ann, annAndEve, passwordHashOf, authenticateUser } from '../../support/people'
import { openSite } from '../../support/site'

const { deps } = await openSite()
const flaw = (password: string, owner = ann) => validatePassword(deps, password, owner)

test('the length is counted in code points, after NFKC', async () => {
  expect(await flaw('eleven char')).toBe('Use at least 12 characters. This has 11.')
  expect(await flaw('twelve chars')).toBeUndefined()
  expect(await flaw('😀😃😄😁😆😅🤣😂🙂🙃😉')).toBe('Use at least 12 characters. This has 11.')
  expect(await flaw('😀😃😄😁😆😅🤣😂🙂🙃😉😊')).toBeUndefined()
  expect(await flaw('e\u0301'.repeat(11))).toBe('Use at least 12 characters. This has 11.')
  const long = Array.from({ length: 64 }, (_, i) => `${i * 7919}`.padStart(4, 'x'))
    .join('')
    .slice(0, 256)
  expect(await flaw(long)).toBeUndefined()
  expect(await flaw(`${long}y`)).toBe('Use at most 256 characters. This has 257.')
})

test('there are no composition rules', async () => {
  for (const password of ['correct horse battery', '我的新密码很长而且很安全吗', 'mint tea at nine', 'a b c x 1 9 7 !'])
    expect(await flaw(password)).toBeUndefined()
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
])('%j would be guessed, and the sentence says how to do better', async (password) => {
  expect(await flaw(password)).toMatch(/\. Add a few unrelated words\.$/)
})

test('the passwords that most people have are refused, also where they are made long enough by typing them again', async () => {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  const common = [...(dictionary['passwords-common'] ?? [])].map(String)
  const long = common.filter((password) => password.length >= 12)
  const repeated = common.slice(0, 3000).map((password) => password.repeat(Math.ceil(12 / password.length)))
  const some = [...long, ...repeated].filter((_, i) => i % 40 === 0) // all of them take half a minute
  expect(some.length).toBeGreaterThan(80)
  for (const password of some) expect([password, await flaw(password)]).toEqual([password, expect.any(String)])
})

test.each([
  'ann@example.test',
  'annlee-annlee',
  'AnnLee 2026!!',
  'example.test1',
  branding.name.repeat(2).padEnd(12, '!'),
  'Ann Lee Ann Lee',
])('%j is made of the own address or name', async (password) => {
  expect(await flaw(password, { ...ann, email: 'ann.annlee@example.test', name: 'Ann Lee' })).toStartWith(
    'Too similar to your email address',
  )
})

test('a known word in a longer password does no harm', async () => {
  expect(await flaw('ann keeps seven green tea pots')).toBeUndefined()
})

test('text that is no text is refused, and an empty password is too', async () => {
  expect(await flaw('\uD800correct horse battery')).toBe('The password contains invalid characters. Type it again.')
  expect(await flaw('')).toBe('Enter a password.')
})

test('a password is verified whole and exactly, whatever keyboard it comes from', async () => {
  const site = await openSite()
  const password = `Ångström \0 ${'lorem ipsum '.repeat(20)}`.slice(0, 256)
  await createUser(site.deps, { ...ann, password })
  const fits = async (typed: string) => (await authenticateUser(site.deps, ann.email, typed)) !== undefined
  expect(await fits(password)).toBe(true)
  expect(await fits(password.normalize('NFD'))).toBe(true)
  expect(await fits(password.replace('Å', '\u212B'))).toBe(true)
  for (const other of [
    password.slice(0, -1),
    `${password}x`,
    password.toLowerCase(),
    ` ${password}`,
    password.split('\0')[0] ?? '',
    '',
  ])
    expect(await fits(other)).toBe(false)
})

test('the cost of a hash is the one that the requirements name', async () => {
  expect(await hashPassword({ ...deps, config: readConfig({}) }, 'x')).toStartWith('$argon2id$v=19$m=19456,t=2,p=1$')
})

test('a hash of an older cost is made again at the login, and only then', async () => {
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

test('an unknown address costs one hash of the same cost as a wrong password, and what can be nobody’s address costs none', async () => {
  const site = await annAndEve()
  const verify = spyOn(Bun.password, 'verify')
  for (const email of [ann.email, 'abe@example.test', 'no address', 'mi\u212Ae@x.test'])
    await authenticateUser(site.deps, email, 'guess')
  expect(verify.mock.calls.map(([, hash]) => String(hash).split('$').slice(0, 4).join('$'))).toEqual(
    Array(2).fill('$argon2id$v=19$m=8,t=1,p=1'),
  )
  verify.mockRestore()
})

test('thousands of accents are nobody’s password, at the same cost and without putting them in order', async () => {
  const site = await annAndEve()
  const accents = 'a' + '\u0301\u0323'.repeat(16_000)
  const [verify, normalize] = [spyOn(Bun.password, 'verify'), spyOn(String.prototype, 'normalize')]
  expect(await authenticateUser(site.deps, ann.email, accents)).toBeUndefined()
  expect(await flaw(accents)).toBe('Use at most 256 characters. This has 32001.')
  expect([verify.mock.calls.length, normalize.mock.calls.length]).toEqual([1, 0])
  for (const spy of [verify, normalize]) spy.mockRestore()
})
