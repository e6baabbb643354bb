import { expect, setDefaultTimeout, test } from 'bun:test'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { changePassword } from '@/model/accounts/change-password'
import { verifySecondFactor } from '@/model/accounts/factors/verify-second-factor'
import { days, hours, minutes, seconds } from '@/lib/duration'
import type { Browser } from '../support/browser'
import { issueTo, openLink } from '../support/one-time-links'
import { ann } from '../support/people'
import { annWithApp, annWithRecoveryCodes } from '../support/second-factors'
import { annPending, enterPassword, isLoggedIn, logInWithCode, SECOND_STEP, WRONG_CODE } from '../support/second-step'

setDefaultTimeout(60_000)

const WRONG = 'That code isn’t right or was already used. Enter the code your app shows now.'
const LOCKED =
  'Codes are disabled for this account after too many wrong ones. Use a passkey, log in from a browser you have used before, or contact an administrator.'

type Site = Awaited<ReturnType<typeof annWithApp>>

const failures = ({ events }: Pick<Site, 'events'>) => events.filter(({ kind }) => kind === 'second-step-failed')

const sendCode = (browser: Browser, code: string) => browser.post(SECOND_STEP, { code })

const bothCodes = ({ app, codes }: Awaited<ReturnType<typeof annWithRecoveryCodes>>): Record<string, string>[] => [
  { code: app.code() },
  { recovery_code: codes[0] ?? '' },
]

/** Each with a new pending login, and late enough for every limit but the maximum. Returns the last answer. */
async function enterWrongCodes({ advance, ...site }: Pick<Site, 'advance'>, browser: Browser, count: number) {
  let last = await browser.get('/login')
  for (let i = 0; i < count; i++) {
    advance(minutes(15))
    await enterPassword(browser)
    last = await sendCode(browser, WRONG_CODE)
  }
  return { ...site, last }
}

test('a code works once, and an earlier one does not work after it', async () => {
  const site = await annWithApp()
  const [early, code] = [site.app.code(-1), site.app.code()]
  const [first, second] = [site.browser(), site.browser()]
  await enterPassword(first)
  expect((await sendCode(first, code)).to).toBe('/profile')
  await enterPassword(second)
  for (const used of [code, early]) {
    const { status, html } = await sendCode(second, used)
    expect([status, html.includes(WRONG)]).toEqual([422, true])
  }
  expect((await sendCode(second, site.app.code(1))).to).toBe('/profile')
})

test('codes of the step before and after the present one work, and no others', async () => {
  for (const [steps, status] of [
    [-2, 422],
    [-1, 303],
    [0, 303],
    [1, 303],
    [2, 422],
  ] as const) {
    const { send, app } = await annPending()
    expect([steps, (await send({ code: app.code(steps) })).status]).toEqual([steps, status])
  }
})

test('a clock that is set back by a day revives no code', async () => {
  const site = await annWithApp()
  const anns = site.browser()
  await logInWithCode(site, anns)
  site.setClock(site.deps.now() - days(1))
  const other = site.browser()
  await enterPassword(other)
  expect((await sendCode(other, site.app.code())).status).toBe(422)
})

test('of 20 parallel uses of one code in as many browsers one succeeds', async () => {
  const site = await annWithRecoveryCodes()
  site.deps.config.limits.codes.freeAttempts = 100
  for (const fields of bothCodes(site)) {
    const browsers = Array.from({ length: 20 }, () => site.browser())
    for (const browser of browsers) await enterPassword(browser)
    const answers = await Promise.all(browsers.map((browser) => browser.post(SECOND_STEP, fields)))
    expect(answers.filter(({ to }) => to === '/profile')).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(19)
    site.advance(days(1))
    await site.deps.db.deleteFrom('login_failures').execute()
  }
})

test('of two checks that found the same code right one may use it', async () => {
  const { deps, users, ...site } = await annWithRecoveryCodes()
  const client = { fingerprint: '', userAgent: '', ip: '' }
  for (const proof of [{ code: site.app.code() }, { recovery_code: site.codes[0] ?? '' }]) {
    const checks = [
      await verifySecondFactor(deps, users.ann, proof, client, 'login'),
      await verifySecondFactor(deps, users.ann, proof, client, 'login'),
    ]
    const used = []
    for (const check of checks)
      if (check.kind === 'ok')
        used.push(await inTransaction(deps, (deps) => check.use(deps), { locks: userLocks(users.ann) }))
    expect([used.length, used[0] !== undefined, used[1]]).toEqual([2, true, undefined])
  }
  expect(failures(site)).toHaveLength(2)
})

test('the fifth wrong code deletes the pending login, and the password is needed again', async () => {
  const { anns, app, ...site } = await annPending()
  for (let i = 0; i < 4; i++) {
    const { status, html } = await sendCode(anns, WRONG_CODE)
    expect([status, html.includes(WRONG)]).toEqual([422, true])
    expect(html).toContain('<small id="code-error" class="field-error">')
  }
  const copy = anns.copy()
  expect(await sendCode(anns, WRONG_CODE)).toMatchObject({ status: 303, to: '/login' })
  expect((await anns.get('/login')).html).toContain('Too many wrong codes. Please log in again.')
  expect(await sendCode(copy, app.code())).toMatchObject({ status: 303, to: '/login' })
  expect(site.events).toContainEqual({ kind: 'second-step-abandoned', userId: site.users.ann.id })
  expect(await isLoggedIn(anns)).toBe(false)
})

test('htmx gets the fifth wrong code as a redirect', async () => {
  const { anns } = await annPending()
  for (let i = 0; i < 4; i++) await anns.postHtmx(SECOND_STEP, { code: WRONG_CODE })
  const { status, headers } = await anns.postHtmx(SECOND_STEP, { code: WRONG_CODE })
  expect([status, headers.get('hx-redirect')]).toEqual([204, '/login'])
})

test('200 parallel wrong codes are five checked ones', async () => {
  const { anns, app, ...site } = await annPending()
  site.deps.config.limits.codes.freeAttempts = 1000 // only the limit of the pending login is left
  site.deps.config.limits['second-step'].source = []
  await Promise.all(Array.from({ length: 200 }, () => sendCode(anns.copy(), WRONG_CODE)))
  expect(failures(site)).toHaveLength(5)
  expect(await sendCode(anns, app.code())).toMatchObject({ to: '/login' })
})

test('of 200 wrong recovery codes whose checks overlap, five are checked', async () => {
  const site = await annWithRecoveryCodes()
  site.deps.config.limits.codes.freeAttempts = 1000
  site.deps.config.limits['second-step'].source = []
  const anns = site.browser()
  await enterPassword(anns)
  let [checks, refused] = [0, 0]
  const { promise: allArrived, resolve } = Promise.withResolvers<void>()
  const arrive = () => checks + refused === 200 && resolve()
  const { run } = site.deps.hashQueue
  site.deps.hashQueue.run = async (source, work) => {
    checks++
    arrive()
    await allArrived
    return run(source, work)
  }
  const wrong = { recovery_code: 'k7dm-2wqx-9h4t-vbn3' }
  const send = async () => {
    await anns.copy().post(SECOND_STEP, wrong)
    refused++
    arrive()
  }
  await Promise.all(Array.from({ length: 200 }, send)) // any five are checked, and the others are refused meanwhile
  expect([checks, failures(site).length]).toEqual([5, 5])
})

test('200 parallel wrong codes of many pending logins never exceed the limit of the account', async () => {
  const site = await annWithApp()
  const browsers = Array.from({ length: 20 }, () => site.browser())
  for (const browser of browsers) await enterPassword(browser)
  await Promise.all(
    Array.from({ length: 200 }, (_, i) => sendCode(browsers[i % 20]?.copy() ?? site.browser(), WRONG_CODE)),
  )
  expect(failures(site)).toHaveLength(5) // then each code waits for the one before
})

test('a right password between two codes gives no attempt back', async () => {
  const site = await annWithApp()
  const attacker = site.browser()
  for (let i = 0; i < 5; i++) {
    await enterPassword(attacker)
    expect((await sendCode(attacker, WRONG_CODE)).status).toBe(422)
  }
  await enterPassword(attacker)
  const { status, headers, html } = await sendCode(attacker, site.app.code())
  expect([status, headers.get('retry-after')]).toEqual([429, '1'])
  expect(html).toContain('Too many attempts. Wait 1 second, then try again.')
  site.advance(seconds(1))
  expect((await sendCode(attacker, site.app.code())).to).toBe('/profile')
})

test('a right code ends the count of wrong ones', async () => {
  const site = await annWithApp()
  const anns = site.browser()
  await enterPassword(anns)
  for (let i = 0; i < 4; i++) await sendCode(anns, WRONG_CODE)
  await sendCode(anns, site.app.code())
  expect(await site.deps.db.selectFrom('login_failures').selectAll().execute()).toEqual([])
  const hits = site.deps.db.selectFrom('rate_limit_hits').select('limit_name').orderBy('limit_name')
  expect(await hits.where('limit_name', 'in', ['login', 'second-step']).execute()).toEqual(
    Array.from({ length: 4 }, () => ({ limit_name: 'second-step' as const })),
  )
})

test('100 wrong codes disable codes, but not in a known device', async () => {
  const site = await annWithRecoveryCodes({ MAIL_URL: 'mailbox:', TRUST_PROXY: '1' })
  const [known, attacker] = [site.browser(), site.browser('Attacker')]
  await logInWithCode(site, known)
  await known.post('/logout')
  const { last } = await enterWrongCodes(site, attacker, 100)
  expect(last.status).toBe(422)
  expect(site.events).toContainEqual({ kind: 'codes-locked', userId: site.users.ann.id })
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ subject }) => subject)).toContain('Codes are disabled for your account')

  site.advance(days(30))
  for (const fields of bothCodes(site)) {
    await enterPassword(attacker)
    const { status, headers, html } = await attacker.post(SECOND_STEP, fields)
    expect([status, headers.get('retry-after')]).toEqual([429, '86400'])
    expect(html).toContain(LOCKED)
  }
  expect((await logInWithCode(site, known)).to).toBe('/profile')
})

test('a new password in a session with a second factor enables codes again', async () => {
  const site = await annWithApp()
  site.deps.config.limits.codes.max = 3
  const known = site.browser()
  await logInWithCode(site, known)
  const attacker = site.browser()
  await enterWrongCodes(site, attacker, 3)
  await enterPassword(attacker)
  expect((await sendCode(attacker, site.app.code())).status).toBe(429)
  await logInWithCode(site, known)
  await known.post('/settings/password', { password: ann.password, new_password: 'five boxing wizards' })
  await attacker.post('/login', { ...ann, password: 'five boxing wizards' })
  expect((await sendCode(attacker, site.app.code())).to).toBe('/profile')
})

test('with the mailbox alone, resets of the password give no wrong code back', async () => {
  const site = await annWithApp({ MAIL_URL: 'mailbox:' })
  Object.assign(site.deps.config.limits.codes, { max: 7, freeAttempts: 7 })
  await site.deps.db.updateTable('users').set({ email_verified_at: 1 }).execute()
  const attacker = site.browser('Attacker')
  let last = await attacker.get('/login')
  for (let reset = 0; reset < 4; reset++) {
    const password = `${reset} boxing wizards`
    await openLink(attacker, 'reset-password', await issueTo(site, site.users.ann, 'reset-password'))
    await attacker.post('/reset-password/second-step/skip')
    expect((await attacker.post('/reset-password', { new_password: password })).to).toBe('/login')
    site.advance(days(1))
    await attacker.post('/login', { ...ann, password })
    for (let i = 0; i < 2; i++) last = await sendCode(attacker, WRONG_CODE)
  }
  expect([failures(site).length, last.status]).toEqual([7, 429])
  expect(site.events).toContainEqual({ kind: 'codes-locked', userId: site.users.ann.id })
})

test('a reset of the password in a known device, with a code, enables codes again', async () => {
  const site = await annWithApp({ MAIL_URL: 'mailbox:' })
  site.deps.config.limits.codes.max = 3
  await site.deps.db.updateTable('users').set({ email_verified_at: 1 }).execute()
  const known = site.browser()
  await logInWithCode(site, known)
  await known.post('/logout')
  await enterWrongCodes(site, site.browser('Attacker'), 3)
  await openLink(known, 'reset-password', await issueTo(site, site.users.ann, 'reset-password'))
  await known.post('/reset-password/second-step', { code: site.app.code() })
  await known.post('/reset-password', { new_password: 'five boxing wizards' })
  site.advance(minutes(1))
  const other = site.browser()
  await other.post('/login', { ...ann, password: 'five boxing wizards' })
  expect((await sendCode(other, site.app.code())).to).toBe('/profile')
})

test('no mail says that codes are disabled once they work again', async () => {
  const site = await annWithApp({ MAIL_URL: 'mailbox:' })
  site.deps.config.limits.codes.max = 3
  await enterWrongCodes(site, site.browser('Attacker'), 3)
  await inTransaction(site.deps, (deps) => changePassword(deps, site.users.ann, 'x', 'command line'), {
    locks: userLocks(site.users.ann),
  })
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ subject }) => subject)).not.toContain('Codes are disabled for your account')
})

test('ten wrong codes in a known device end its privilege', async () => {
  const site = await annWithApp()
  const anns = site.browser()
  await logInWithCode(site, anns)
  await anns.post('/logout')
  const devices = async () => (await site.deps.db.selectFrom('known_devices').selectAll().execute()).length
  const { last } = await enterWrongCodes(site, anns, 10)
  expect([last.status, await devices()]).toEqual([422, 1])
  expect(site.events.map(({ kind }) => kind)).not.toContain('codes-locked') // that is about the account
  expect(
    await site.deps.db.selectFrom('rate_limit_hits').where('limit_name', '=', 'second-step').selectAll().execute(),
  ).toEqual([])
  site.advance(minutes(15))
  await enterPassword(anns)
  expect((await sendCode(anns, site.app.code())).to).toBe('/profile') // as in an unknown browser
  const keys = site.deps.db.selectFrom('login_failures').selectAll()
  expect(await keys.execute()).toEqual([])
})

test('the password alone, in a trusted browser, does not begin a new count of wrong codes', async () => {
  const site = await annWithApp()
  const anns = site.browser()
  await logInWithCode(site, anns, { trust: 'yes' })
  for (let login = 0; login < 4; login++) {
    await anns.post('/logout')
    expect((await enterPassword(anns)).to).toBe('/profile')
    for (let i = 0; i < 5; i++) await anns.post('/relogin/code', { code: WRONG_CODE })
  }
  expect(failures(site)).toHaveLength(5)
  expect((await anns.post('/relogin/code', { code: site.app.code() })).status).toBe(429)
})

test('the password, in a stale session without the cookie of its device, does not begin a new count of wrong codes', async () => {
  const site = await annWithApp({ SESSION_IDLE_SECONDS: '3600', SESSION_MAX_SECONDS: '604800' })
  const anns = site.browser()
  await logInWithCode(site, anns)
  const attacker = anns.copy()
  for (let login = 0; login < 4; login++) {
    site.advance(hours(2))
    attacker.jar.delete('device')
    expect(await attacker.post('/relogin', { password: ann.password })).toMatchObject({ status: 303, to: '/profile' })
    expect(attacker.jar.has('device')).toBe(false)
    site.advance(minutes(6)) // the session is stale, and asks for a code
    for (let i = 0; i < 8; i++) await attacker.post('/relogin/code', { code: WRONG_CODE })
  }
  const counted = failures(site).map((event) => 'count' in event && event.count)
  expect(counted).toEqual([1, 2, 3, 4, 5, 6, 7, 8]) // five at once, then each of the next logins may wait for one
})

test('a re-login by password keeps the known device, and one with a code begins it', async () => {
  const site = await annWithApp({ SESSION_IDLE_SECONDS: '3600' })
  const anns = site.browser()
  await logInWithCode(site, anns)
  const devices = () => site.deps.db.selectFrom('known_devices').select(['id', 'token_hash']).execute()
  const [before] = await devices()
  site.advance(hours(2))
  await anns.post('/relogin', { password: ann.password })
  const [after] = await devices()
  expect([after?.id, after?.token_hash === before?.token_hash]).toEqual([before?.id, false])
  anns.jar.delete('device')
  site.advance(minutes(6))
  expect((await anns.post('/relogin/code', { code: site.app.code() })).status).toBe(303)
  expect([anns.jar.has('device'), (await devices()).length]).toEqual([true, 2])
})

test('a source may send 20 wrong codes in ten minutes, and a right one counts for nothing', async () => {
  const site = await annWithApp({ TRUST_PROXY: '1' })
  site.deps.config.limits.codes.freeAttempts = 1000
  const from = (ip: string) => ({ 'x-forwarded-for': ip })
  const attack = async (ip: string) => {
    const browser = site.browser()
    await browser.post('/login', ann, from(ip))
    return browser.post(SECOND_STEP, { code: WRONG_CODE }, from(ip))
  }
  site.deps.config.limits.login.source = [{ max: 1000, window: minutes(10) }]
  site.deps.config.limits['second-step'].alarm = { max: 20, window: minutes(10) }
  for (let i = 0; i < 20; i++) expect((await attack('203.0.113.7')).status).toBe(422)
  expect(site.events).toContainEqual({ kind: 'attack-suspected', limit: 'second-step', count: 20 })
  site.advance(minutes(6))
  const limited = await attack('203.0.113.7')
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '240'])
  expect(site.events.at(-1)).toEqual({ kind: 'rate-limited', by: 'source' })
  expect((await attack('198.51.100.7')).status).toBe(422)
})

test('the history tells where a wrong code was entered', async () => {
  const site = await annWithApp({ MAIL_URL: 'mailbox:', SESSION_IDLE_SECONDS: '3600' })
  await site.deps.db.updateTable('users').set({ email_verified_at: 1 }).execute()
  const anns = site.browser()
  await logInWithCode(site, anns)
  site.advance(minutes(6))
  await anns.post('/relogin/code', { code: WRONG_CODE })
  const other = site.browser()
  await openLink(other, 'reset-password', await issueTo(site, site.users.ann, 'reset-password'))
  await other.post('/reset-password/second-step', { code: WRONG_CODE })
  await enterPassword(other)
  await sendCode(other, WRONG_CODE)
  expect(failures(site).map((event) => 'place' in event && event.place)).toEqual(['relogin', 'reset-password', 'login'])
  const { html } = await anns.get('/settings/activity')
  for (const sentence of [
    'In a session of yours, 1 wrong code was entered.',
    'A link from an email was opened, followed by 1 wrong code.',
    'Your password was entered, followed by 1 wrong code.',
  ])
    expect(html).toContain(sentence)
})

test('text that is no code is refused as a wrong one', async () => {
  for (const code of [
    '',
    'abcdef',
    '12345',
    '1234567',
    '１２３４５６',
    '٠١٢٣٤٥',
    '12 34 5x',
    '-123456-7',
    '0x1234',
    "' or 1=1--",
    '9'.repeat(10_000),
  ]) {
    const { send } = await annPending()
    const { status, html } = await send({ code })
    expect([code.slice(0, 20), status, html.includes(WRONG)]).toEqual([code.slice(0, 20), 422, true])
  }
})

test('a code may have spaces and dashes inside', async () => {
  for (const separator of [' ', '-', ' - ']) {
    const { send, app } = await annPending()
    expect((await send({ code: app.code().replace(/...(?=.)/, `$&${separator}`) })).to).toBe('/profile')
  }
})

test('repeated and nested fields are refused', async () => {
  const { anns, app } = await annPending()
  const code = app.code()
  const repeated = await anns.post(SECOND_STEP, [
    ['code', code],
    ['code', code],
  ])
  expect(repeated.status).toBe(400)
  for (const name of ['code[]', 'code[x]', 'CODE'])
    expect((await anns.post(SECOND_STEP, { [name]: code })).status).toBe(422)
})

test('the login never tells that the clock of a phone is wrong', async () => {
  const { send, app } = await annPending()
  const { status, html } = await send({ code: app.code(10) })
  expect([status, html.includes(WRONG), html.includes('clock')]).toEqual([422, true, false])
})

test('codes of the second step, of the re-login and of its dialog count together', async () => {
  const dialog = { 'hx-request': 'true', 'hx-request-type': 'partial', 'hx-target': 'div#relogin-form' }
  const site = await annWithApp({ SESSION_IDLE_SECONDS: '3600' })
  const anns = site.browser()
  await logInWithCode(site, anns)
  anns.jar.delete('device') // so that both browsers are unknown
  site.advance(minutes(5))
  for (const headers of [{}, dialog, dialog])
    expect((await anns.post('/relogin/code', { code: WRONG_CODE }, headers)).status).toBe(422)
  const attacker = site.browser()
  await enterPassword(attacker)
  for (let i = 0; i < 2; i++) expect((await sendCode(attacker, WRONG_CODE)).status).toBe(422)
  expect((await sendCode(attacker, WRONG_CODE)).status).toBe(429)
  for (const headers of [{}, dialog])
    expect((await anns.post('/relogin/code', { code: site.app.code() }, headers)).status).toBe(429)
})
