import { expect, test } from 'bun:test'
import { days, minutes } from '@/lib/duration'
import { summarizeAccess } from '@/model/accounts/access-summary'
import { revokeSessionsOf } from '@/model/sessions/end-all'
import { revokeApiToken } from '@/model/api-tokens/api-tokens'
import { sessionOf } from '../../support/devices'
import { ann, annAndEve, eve } from '../../support/people'
import { makeToken } from '../../support/tokens'

const NOTHING = { sessions: 0, rememberedDevices: 0, apiTokens: 0, apiTokenUsedAt: null }

test('the summary counts active sessions, remembered devices and API tokens of one user', async () => {
  const { deps, users, as, browser, advance } = await annAndEve()
  const summary = () => summarizeAccess(deps, users.ann)
  expect(await summary()).toEqual(NOTHING)
  await as(ann)
  await as(ann, { remembered: true })
  await as(eve, { remembered: true })
  const [used, revoked] = [
    await makeToken(deps, users.ann, { name: 'used', scopes: ['profile:read'], lifetime: days(2) }),
    await makeToken(deps, users.ann, { name: 'revoked', scopes: [], lifetime: days(2) }),
  ]
  await makeToken(deps, users.ann, { name: 'expired', scopes: [], lifetime: minutes(1) })
  await revokeApiToken(deps, users.ann, revoked.token.id)
  advance(minutes(1))
  expect(await summary()).toEqual({ sessions: 2, rememberedDevices: 1, apiTokens: 1, apiTokenUsedAt: null })

  await browser().ask('/api/me', { headers: { authorization: `Bearer ${used.text}` } })
  expect((await summary()).apiTokenUsedAt).toBe(deps.now())
  advance(minutes(5))
  expect(await summary()).toMatchObject({ sessions: 0, rememberedDevices: 1, apiTokens: 1 })
  await revokeSessionsOf(deps, users.ann, 'a test')
  expect(await summary()).toMatchObject({ sessions: 0, rememberedDevices: 0, apiTokens: 1 })
  advance(days(2))
  expect(await summary()).toEqual(NOTHING)
})

test('a summary leaves out a session and its remembered device', async () => {
  const site = await annAndEve()
  const { deps, users, as } = site
  const [own] = [await as(ann, { remembered: true }), await as(ann, { remembered: true }), await as(ann)]
  const rest = { sessions: 2, rememberedDevices: 1 }
  expect(await summarizeAccess(deps, users.ann, await sessionOf(site, own))).toMatchObject(rest)
  const other = await sessionOf(site, await as(eve))
  expect(await summarizeAccess(deps, users.ann, other)).toMatchObject({ sessions: 3, rememberedDevices: 2 })
})
