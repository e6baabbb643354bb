import { expect, spyOn, test } from 'bun:test'
import { verifyHash } from '@/model/passwords/hash'
import { takeLoggedErrors } from '../../support/no-stray-errors'
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

test.each([
  ['no hash at all', 'x'],
  ['an empty text', ''],
  ['a truncated hash', '$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ'],
  ['PBKDF2', '$pbkdf2-sha256$i=1000$c29tZXNhbHQ$c29tZWhhc2g'],
  ['scrypt', '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E'],
])('a stored hash that is %s is answered and counted like a wrong password', async (_, hash) => {
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

test.each(['bcrypt', 'argon2i', 'argon2d'] as const)('a hash of %s works once and is replaced', async (algorithm) => {
  const cost = algorithm === 'bcrypt' ? { algorithm, cost: 4 } : { algorithm, memoryCost: 8, timeCost: 1 }
  const site = await annWithHash(await Bun.password.hash(ann.password, cost))
  expect((await site.browser().post('/login', ann)).status).toBe(303)
  expect(await passwordHashOf(site)).toStartWith('$argon2id$')
})
