import { expect, test } from 'bun:test'
import { generatePassword } from '@/model/passwords/generate'
import { validatePassword } from '@/model/passwords/validate'
import { ann } from '../../support/people'
import { openSite } from '../../support/site'

test('generated passwords have no ambiguous characters and are unique', async () => {
  const { deps } = await openSite()
  const passwords = Array.from({ length: 100 }, () => generatePassword(deps))
  for (const password of passwords) expect(password).toMatch(/^[a-hjkmnp-z2-9]{5}(-[a-hjkmnp-z2-9]{5}){3}$/)
  expect(new Set(passwords).size).toBe(100)
})

test.each([
  [8, 23],
  [12, 23],
  [23, 23],
  [24, 29],
  [128, 131],
])('with a minimum length of %d, a generated password has %d characters', async (min, length) => {
  const { deps } = await openSite({ PASSWORD_MIN_LENGTH: `${min}` })
  const password = generatePassword(deps)
  expect(password).toHaveLength(length)
  expect(await validatePassword(deps, password, ann)).toBeUndefined()
})

test('each character of a generated password is equally likely', async () => {
  const { deps } = await openSite()
  const groups = 248 // every byte value occurs five times
  const config = { ...deps.config, passwords: { ...deps.config.passwords, minLength: groups * 6 - 1 } }
  let next = 0
  const random = (bytes: number) => Uint8Array.from({ length: bytes }, () => next++)
  const characters = [...generatePassword({ ...deps, config, random }).replaceAll('-', '')]
  const counts = [...Map.groupBy(characters, (character) => character).values()].map(({ length }) => length)
  expect(counts).toEqual(Array.from({ length: 31 }, () => 40))
})
