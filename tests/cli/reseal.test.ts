import { expect, test } from 'bun:test'
import { reportMissingKeys } from '@/model/accounts/factors/secret-keys'
import { matchAppCode } from '@/model/authenticator-apps/authenticator-apps'
import { user } from '../support/command-line'
import { keyRing } from '../support/key-rings'
import { takeLoggedErrors } from '../support/no-stray-errors'
import { annWithApp, annWithRecoveryCodes } from '../support/second-factors'

test('reseal moves secrets to the newest key, and counts the codes that cannot move', async () => {
  const site = await annWithRecoveryCodes()
  const both = { ...site.deps, keys: keyRing(1, 0) }
  expect(await user({ deps: both }, ['reseal'])).toEqual({
    code: 0,
    text: '1 secret moved to the newest key.\n1 set of recovery codes still needs an older key. Keep it until these users have new codes.',
  })
  const newOnly = { ...site.deps, keys: keyRing(1) }
  expect(await matchAppCode(newOnly, site.users.ann, site.app.code())).toBeDefined()
})

test('a second reseal moves nothing', async () => {
  const site = await annWithApp()
  const both = { ...site.deps, keys: keyRing(1, 0) }
  await user({ deps: both }, ['reseal'])
  expect(await user({ deps: both }, ['reseal'])).toEqual({
    code: 0,
    text: '0 secrets moved to the newest key.\nNo recovery codes need an older key.',
  })
})

test('a reseal without the older key fails and keeps the secret', async () => {
  const site = await annWithApp()
  const { code, text } = await user({ deps: { ...site.deps, keys: keyRing(1) } }, ['reseal'])
  expect([code, text]).toEqual([1, '1 secret could not be read. The log names them.'])
  expect(takeLoggedErrors()).toHaveLength(1)
  expect(await matchAppCode(site.deps, site.users.ann, site.app.code())).toBeDefined()
})

test('the start logs one error with the counts if a key is missing, and none otherwise', async () => {
  const site = await annWithRecoveryCodes()
  await reportMissingKeys(site.deps)
  await reportMissingKeys({ ...site.deps, keys: keyRing(1, 0) })
  expect(takeLoggedErrors()).toEqual([])
  await reportMissingKeys({ ...site.deps, keys: keyRing(1) })
  expect(takeLoggedErrors()).toMatchObject([
    {
      msg: '1 authenticator app and 1 set of recovery codes do not work: SECRET_KEYS lacks their keys',
      apps: 1,
      sets: 1,
    },
  ])
})
