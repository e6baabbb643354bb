import { expect, test } from 'bun:test'
import { generatePassword } from '@/model/passwords/generate'
import { validatePassword } from '@/model/passwords/validate'
import { ann } from '../../support/people'
import { openSite } from '../../support/site'

test('a password that is made can be read aloud, and no other is like it', async () => {
  const { deps } = await openSite()
  const made = Array.from({ length: 100 }, () => generatePassword(deps))
  for (const password of made) expect(password).toMatch(/^[a-hjkmnp-z2-9]{5}(-[a-hjkmnp-z2-9]{5}){3}$/)
  expect(new Set(made).size).toBe(100)
})

test.each([
  [8, 23],
  [12, 23],
  [23, 23],
  [24, 29],
  [128, 131],
])('where a typed one has at least %d signs, it has %d', async (min, length) => {
  const { deps } = await openSite({ PASSWORD_MIN_LENGTH: `${min}` })
  const password = generatePassword(deps)
  expect(password).toHaveLength(length)
  expect(await validatePassword(deps, password, ann)).toBeUndefined()
})

test('each sign is as likely as any other', async () => {
  const { deps } = await openSite()
  const groups = 248 // so many that every byte comes five times
  const config = { ...deps.config, passwords: { ...deps.config.passwords, minLength: groups * 6 - 1 } }
  let next = 0
  const random = (bytes: number) => Uint8Array.from({ length: bytes }, () => next++)
  const signs = [...generatePassword({ ...deps, config, random }).replaceAll('-', '')]
  const counts = [...Map.groupBy(signs, (sign) => sign).values()].map(({ length }) => length)
  expect(counts).toEqual(Array.from({ length: 31 }, () => 40))
})
