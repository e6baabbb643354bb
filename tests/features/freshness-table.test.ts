import { expect, setDefaultTimeout, test } from 'bun:test'
import { minutes } from '@/lib/duration'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { endSessionsOf } from '@/model/sessions/end-all'
import type { EndReason } from '@/model/types'
import { passkeyOptions, type RequestOptions } from '../support/authenticator'
import type { Answer, Browser } from '../support/browser'
import { addPasskey } from '../support/passkeys'
import { ann, annAndEve } from '../support/people'
import { addApp, turnOnTwoStep } from '../support/second-factors'

setDefaultTimeout(60_000)

// Each state of a session, with two-step verification off and on, and what each method does to it.

const STEP = '/login/second-step'
const LONG = { SESSION_IDLE_SECONDS: '3600', SESSION_MAX_SECONDS: '3600' }

/** Ann has an authenticator app and a passkey that verifies her. */
async function annWithFactors(isTwoStep: boolean, env: Record<string, string>) {
  const site = await annAndEve(env)
  const { ann: user } = site.users
  const [app, passkey] = [await addApp(site, user), await addPasskey(site, user)]
  if (isTwoStep) await turnOnTwoStep(site, user)
  const amr = isTwoStep ? (['password', 'totp'] as const) : (['password'] as const)
  return { ...site, user, app, passkey, amr }
}

type Site = Awaited<ReturnType<typeof annWithFactors>>

const endedBy =
  (reason: EndReason) =>
  async ({ deps, as, user, amr }: Site) => {
    const anns = await as(ann, { amr })
    await inTransaction(deps, (deps) => endSessionsOf(deps, user, reason), { locks: userLocks(user) })
    return anns
  }

const older = (ms: number, env: Record<string, string>) => ({
  env,
  async enter({ as, advance, amr }: Site) {
    const anns = await as(ann, { amr })
    advance(ms)
    return anns
  },
})

type State = { env: Record<string, string>; enter(site: Site): Promise<Browser> }

const STATES = {
  'ended after inactivity': older(minutes(5), {}),
  'ended at the absolute limit': older(minutes(60), LONG),
  'ended by the user': { env: LONG, enter: endedBy('revoked') },
  'ended by a new password': { env: LONG, enter: endedBy('password') },
  'ended by a change of factors': { env: LONG, enter: endedBy('factors') },
  'active and stale': older(minutes(5), LONG),
  restored: {
    env: LONG,
    async enter({ as }: Site) {
      const anns = await as(ann, { remembered: true })
      anns.close()
      await anns.get('/profile')
      return anns
    },
  },
} satisfies Record<string, State>

const METHODS = {
  password: (_: Site, anns: Browser) => anns.post('/relogin', { password: ann.password }),
  passkey: async ({ passkey }: Site, anns: Browser) => {
    const options = passkeyOptions<RequestOptions>((await anns.get('/relogin')).html)
    return anns.post('/relogin/passkey', { assertion: passkey.get(options) })
  },
  code: ({ app }: Site, anns: Browser) => anns.post('/relogin/code', { code: app.code() }),
}

/** `continues`: the session goes on, and it is not fresh. */
async function outcomeOf({ to }: Answer, anns: Browser) {
  if (to === STEP) return 'second step'
  if (to !== '/profile') return 'refused'
  if ((await anns.get('/profile')).status !== 200) return 'no session'
  return (await anns.get('/settings/password')).status === 200 ? 'fresh' : 'continues'
}

const offeredOn = (html: string) =>
  [
    /name="password"/.test(html) && 'password',
    / data-passkey="/.test(html) && 'passkey',
    /name="code"/.test(html) && 'code',
  ]
    .filter(Boolean)
    .join(' ')

type Row = [isTwoStep: boolean, state: keyof typeof STATES, offered: string, password: string, code: string]

const REFUSED_CODE = 'refused'
const ENDED = [
  'ended at the absolute limit',
  'ended by the user',
  'ended by a new password',
  'ended by a change of factors',
] as const

// A passkey that verifies the user makes each of them fresh.
test.each<Row>([
  [false, 'ended after inactivity', 'password passkey', 'fresh', REFUSED_CODE],
  ...ENDED.map((state): Row => [false, state, 'password passkey', 'fresh', REFUSED_CODE]),
  [false, 'active and stale', 'password passkey', 'fresh', REFUSED_CODE],
  [false, 'restored', 'password passkey', 'fresh', REFUSED_CODE],
  [true, 'ended after inactivity', 'password passkey', 'continues', REFUSED_CODE],
  ...ENDED.map((state): Row => [true, state, 'password passkey', 'second step', REFUSED_CODE]),
  [true, 'active and stale', 'passkey code', 'second step', 'fresh'],
  [true, 'restored', 'password passkey', 'second step', REFUSED_CODE],
])(
  'with two-step verification %p, a session that is %s asks for %s',
  async (isTwoStep, name, offered, password, code) => {
    const state: State = STATES[name]
    const expected = { password, passkey: 'fresh', code }
    for (const [method, use] of Object.entries(METHODS)) {
      const site = await annWithFactors(isTwoStep, state.env)
      const anns = await state.enter(site)
      expect(offeredOn((await anns.get('/relogin')).html)).toBe(offered)
      const outcome = await outcomeOf(await use(site, anns), anns)
      expect([method, outcome]).toEqual([method, expected[method as keyof typeof METHODS]])
    }
  },
)

test('a user with security keys only enters the password, and then the key makes the session fresh', async () => {
  const site = await annAndEve(LONG)
  const key = await addPasskey(site, site.users.ann, { uv: false })
  await turnOnTwoStep(site, site.users.ann)
  const anns = await site.as(ann, { amr: ['password', 'security-key'] })
  site.advance(minutes(5))
  expect(offeredOn((await anns.get('/relogin')).html)).toBe('password')
  expect((await anns.post('/relogin', { password: ann.password })).to).toBe(STEP)
  expect((await anns.get('/settings/password')).status).toBe(303)
  const options = passkeyOptions<RequestOptions>((await anns.get(STEP)).html)
  expect((await anns.post(`${STEP}/passkey`, { assertion: key.get(options) })).to).toBe('/profile')
  expect((await anns.get('/settings/password')).status).toBe(200)
})

test('a trusted browser skips the second step after the user ended the session', async () => {
  const site = await annWithFactors(true, LONG)
  const anns = site.browser()
  await anns.post('/login', ann)
  await anns.post(STEP, { code: site.app.code(), trust: 'yes' })
  await inTransaction(site.deps, (deps) => endSessionsOf(deps, site.user, 'revoked'), { locks: userLocks(site.user) })
  expect(await outcomeOf(await anns.post('/relogin', { password: ann.password }), anns)).toBe('continues')
})
