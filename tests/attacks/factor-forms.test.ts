import { expect, setDefaultTimeout, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { addPasskey } from '../support/passkeys'
import type { Answer, Browser } from '../support/browser'
import { ann, annAndEve } from '../support/people'
import { addApp, addCodes, turnOnTwoStep } from '../support/second-factors'
import { enterPassword, isLoggedIn, SECOND_STEP } from '../support/second-step'

setDefaultTimeout(60_000)

// The walk over all forms has no pending login and no second factor, so it does not reach these fields.

const MARKUP = `"'><x-evil onload=alert(1)></script><script>alert(1)</script>{{7*7}}`
const HOSTILE = [
  MARKUP,
  'a\r\nSet-Cookie: session=1\r\n\r\n<x-evil>',
  'a\0b',
  `' or 1=1 --`,
  '１２３４５６',
  '\u2028\u202e\u0085\ufeff',
  '\ud83d\ude00'.repeat(200),
  '__proto__',
  '{"$ne":1}',
  '{"__proto__":{"id":1},"response":{"__proto__":null}}',
  '[[[[[[]]]]]]',
  '['.repeat(5000),
  'null',
  '0',
  '-1e999',
  'x'.repeat(20_000),
]

/** Ann has each kind of factor and two-step verification. Only the five attempts of a pending login are limited. */
async function annWithAllFactors() {
  const site = await annAndEve({ MAIL_URL: 'mailbox:', SESSION_IDLE_SECONDS: '3600' })
  const { ann: user } = site.users
  const [app, passkey] = [await addApp(site, user), await addPasskey(site, user)]
  const codes = await addCodes(site, user)
  await turnOnTwoStep(site, user)
  const { limits } = site.deps.config
  limits.codes.freeAttempts = 1000
  for (const limit of [limits.login, limits.passkey, limits['second-step']]) limit.source = []
  return { ...site, user, app, passkey, codes }
}

function expectRefused(what: unknown[], { status, to, set, html }: Answer) {
  expect([...what, [400, 410, 422].includes(status) || to !== null, status < 500]).toEqual([...what, true, true])
  expect([...what, set.filter((line) => /^session=\w/.test(line))]).toEqual([...what, []])
  expect([...what, /<x-evil|<script>alert|\{\{49/.test(html)]).toEqual([...what, false])
}

test.each(HOSTILE)(
  'hostile text %# in a field of the second step starts no session and causes no error',
  async (hostile) => {
    const site = await annWithAllFactors()
    const forms: [path: string, fields: Record<string, string>][] = [
      [SECOND_STEP, { code: hostile }],
      [SECOND_STEP, { recovery_code: hostile }],
      [SECOND_STEP, { code: '000000', trust: hostile }],
      [`${SECOND_STEP}/passkey`, { assertion: hostile, trust: hostile }],
      ['/login/passkey', { assertion: hostile, remember: hostile }],
      ['/login/reset-factors', { action: hostile }],
    ]
    for (const [path, fields] of forms) {
      const anns = site.browser()
      await enterPassword(anns)
      expectRefused([path, Object.keys(fields)], await anns.post(path, fields))
      expect([path, await isLoggedIn(anns)]).toEqual([path, false])
      await anns.post(`${SECOND_STEP}/stop`)
    }
  },
)

test.each(HOSTILE)(
  'hostile text %# in a field of the re-login makes no session fresh and causes no error',
  async (hostile) => {
    const site = await annWithAllFactors()
    const anns = await site.as(ann, { amr: ['password', 'totp'] })
    site.advance(minutes(5))
    for (const [path, fields] of [
      ['/relogin/code', { code: hostile }],
      ['/relogin/code', { recovery_code: hostile }],
      ['/relogin/passkey', { assertion: hostile }],
    ] as const)
      expectRefused([path, Object.keys(fields)], await anns.postHtmx(path, fields))
    expect((await anns.get('/settings/password')).status).toBe(303)
  },
)

test.each(HOSTILE)(
  'hostile text %# in a field for a new factor adds none, and a name is shown as text',
  async (hostile) => {
    const site = await annWithAllFactors()
    const anns = await site.as(ann, { amr: ['password', 'totp'] })
    const factors = async () => {
      const { db } = site.deps
      const rows = [
        ...(await db.selectFrom('passkeys').select(['id', 'public_key as value']).execute()),
        ...(await db.selectFrom('recovery_codes').select(['id', 'is_active as value']).execute()),
      ]
      return JSON.stringify(rows)
    }
    const before = await factors()
    await anns.post('/settings/security/app/new')
    for (const [path, fields] of [
      ['passkeys', { attestation: hostile, user_handle: hostile, name: 'Key' }],
      ['passkeys', { attestation: '{}', user_handle: hostile, name: hostile }],
      ['app', { app: hostile, code: hostile, name: hostile }],
      ['recovery-codes/saved', { saved: hostile, set: hostile, codes: hostile }],
    ] as const) {
      const answer = await anns.post(`/settings/security/${path}`, fields)
      expect([path, [400, 404, 409, 422, 429].includes(answer.status)]).toEqual([path, true])
      expect([path, /<x-evil|<script>alert/.test(answer.html)]).toEqual([path, false])
    }
    expect(await factors()).toBe(before)
    await expectNamesAreText(anns, [`app/${site.app.id}`, `passkeys/${site.passkey.id}`], hostile)
  },
)

async function expectNamesAreText(anns: Browser, paths: string[], name: string) {
  for (const path of paths) {
    const answers = [
      await anns.postHtmx(`/settings/security/${path}/rename`, { name }),
      await anns.post(`/settings/security/${path}/rename`, { name }),
      await anns.get('/settings/security'),
      await anns.post(`/settings/security/${path}/remove`),
    ]
    for (const { status, html } of answers) {
      expect([path, status < 500]).toEqual([path, true])
      expect([path, /<x-evil|<script>alert/.test(html)]).toEqual([path, false])
    }
  }
}
