import { expect, setDefaultTimeout, test } from 'bun:test'
import { changeFactors } from '@/model/accounts/factors/change-factors'
import { changePassword } from '@/model/accounts/change-password'
import { completeLogin, type SecondStep } from '@/model/accounts/complete-login'
import { deactivateUser } from '@/model/accounts/deactivate'
import { endExpiredSteps } from '@/model/accounts/factors/second-step'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { days, minutes } from '@/lib/duration'
import { QueueFull } from '@/lib/fair-queue'
import { deleteBatch, FIRST_CURSOR, type Cursor } from '@/model/retention/retention'
import { changeRole } from '@/model/users/roles'
import { findUser } from '@/model/users/users'
import { requireGuest, allowAnyone } from '@/http/auth/authorize'
import { requireSecondStep } from '@/http/auth/second-step'
import { dumpDatabase } from '../support/dump-database'
import { at, isDocument, routesOf } from '../support/every-route'
import { newestMail } from '../support/mailed'
import { takeLoggedErrors } from '../support/no-stray-errors'
import { ann, annAndEve, eve } from '../support/people'
import { addApp, annWithApp, annWithRecoveryCodes, turnOnTwoStep } from '../support/second-factors'
import { openSite } from '../support/site'
import { rejectInserts } from '../support/reject-changes'
import { annPending, enterPassword, isLoggedIn, logInWithCode, SECOND_STEP, WRONG_CODE } from '../support/second-step'

setDefaultTimeout(60_000)

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'
const GONE = 'Your login has expired. Please log in again.'

const pendingRows = ({ deps }: Pick<Awaited<ReturnType<typeof annPending>>, 'deps'>) =>
  deps.db.selectFrom('pending_logins').selectAll().execute()

test('the code completes the login, plain and with htmx', async () => {
  const site = await annWithApp()
  const anns = site.browser()
  const login = await enterPassword(anns, { next: '/dashboard' })
  expect([login.status, login.to]).toEqual([303, `${SECOND_STEP}?next=%2Fdashboard`])
  const done = await anns.post(SECOND_STEP, { code: site.app.code(), next: '/dashboard' })
  expect([done.status, done.to]).toEqual([303, '/dashboard'])
  expect([...anns.jar.keys()].toSorted()).toEqual(['device', 'flash', 'session'])
  expect((await anns.get('/profile')).html).toContain('Logged in successfully.')

  site.advance(minutes(1))
  const other = site.browser()
  const byHtmx = await other.postHtmx('/login', ann)
  expect([byHtmx.status, byHtmx.headers.get('hx-redirect')]).toEqual([204, SECOND_STEP])
  const doneByHtmx = await other.postHtmx(SECOND_STEP, { code: site.app.code() })
  expect([doneByHtmx.status, doneByHtmx.headers.get('hx-redirect')]).toEqual([204, '/profile'])
  expect(await isLoggedIn(other)).toBe(true)
})

test('a right password alone sets only the cookie of the pending login', async () => {
  const site = await annWithApp()
  const anns = site.browser()
  const login = await enterPassword(anns, { remember: 'yes' })
  expect(login.set).toEqual([
    expect.stringMatching(/^pending=[\w-]{43}; Path=\/; Max-Age=300; HttpOnly; SameSite=Lax$/),
  ])
  for (const table of ['sessions', 'known_devices', 'remember_series'] as const)
    expect(await site.deps.db.selectFrom(table).selectAll().execute()).toEqual([])
  expect(site.events.map(({ kind }) => kind)).not.toContain('logged-in')
  expect(site.events.at(-1)).toEqual({
    kind: 'second-step-required',
    userId: site.users.ann.id,
    firstFactor: 'password',
  })
})

test('every guarded route answers a pending login as a visitor', async () => {
  const { anns, ...site } = await annPending()
  const { app } = await openSite()
  const routes = routesOf(app).filter(
    ({ admission, ...route }) =>
      isDocument(route) && ![allowAnyone, requireGuest, requireSecondStep, undefined].some((one) => one === admission),
  )
  expect(routes.length).toBeGreaterThan(20)
  for (const route of routes) {
    const [pending, visitor] = [
      await anns.copy().get(at(route, site.users.ann.id)),
      await site.browser().get(at(route, site.users.ann.id)),
    ]
    expect([route.name, pending.status, pending.to]).toEqual([route.name, visitor.status, visitor.to])
  }
  expect((await anns.get('/api/me')).status).toBe(401)
})

test('with a pending login, the login page leads to the second step', async () => {
  const { anns } = await annPending()
  expect(await anns.get('/login')).toMatchObject({ status: 303, to: SECOND_STEP })
  expect(await anns.get('/login?next=/dashboard')).toMatchObject({ to: `${SECOND_STEP}?next=%2Fdashboard` })
})

test('with scripts off, forms and redirects lead from the password to the requested page', async () => {
  const site = await annWithRecoveryCodes()
  const anns = site.browser()
  const formsOf = (html: string) => [...html.matchAll(/<form method="post" action="([^"]+)"/g)].map(([, to = '']) => to)
  const asked = await anns.get('/settings')
  expect(asked.to).toBe('/login?next=%2Fsettings')
  const login = await enterPassword(anns, { next: '/settings' })
  const page = await anns.get(login.to ?? '')
  expect(formsOf(page.html)).toEqual([SECOND_STEP, SECOND_STEP, `${SECOND_STEP}/stop`])
  expect(page.html.match(/name="next" value="\/settings"/g)).toHaveLength(3)
  expect(page.html).toMatch(/<input id="code"[^>]*autocomplete="one-time-code"[^>]*inputmode="numeric"[^>]*autofocus/)
  expect(page.html).not.toContain('maxlength')
  expect(page.html).toContain('You have 5 minutes to complete this step.')
  expect(page.html).toContain(`href="${SECOND_STEP}/lost?next=%2Fsettings"`)
  const done = await anns.post(SECOND_STEP, { code: site.app.code(), next: '/settings' })
  expect(done.to).toBe('/settings')
  expect((await anns.get('/settings')).status).toBe(200)
})

test('a saved request survives the second step', async () => {
  const site = await annWithApp()
  const anns = site.browser()
  await logInWithCode(site, anns)
  await inTransaction(
    site.deps,
    (deps) => deps.db.updateTable('sessions').set({ ended_at: deps.now(), ended_reason: 'absolute' }).execute(),
    { locks: [] },
  )
  expect((await anns.post('/profile', { name: 'Ann Lee' })).to).toBe('/relogin')
  expect(await anns.post('/relogin', { password: ann.password })).toMatchObject({ status: 303, to: SECOND_STEP })
  expect(await anns.post(SECOND_STEP, { code: site.app.code() })).toMatchObject({ status: 303, to: '/resume' })
  expect((await anns.get('/resume')).html).toContain('Ann Lee')
})

test('a pending login works for five minutes', async () => {
  for (const [age, status, to] of [
    [minutes(5) - 1, 303, '/profile'],
    [minutes(5), 303, '/login'],
  ] as const) {
    const { send, anns, advance } = await annPending()
    advance(age)
    expect(await send()).toMatchObject({ status, to })
    if (to === '/login') expect((await anns.get('/login')).html).toContain(GONE)
    expect(anns.jar.has('pending')).toBe(false)
  }
})

test('htmx gets 401 for a pending login that has expired', async () => {
  const { anns, advance } = await annPending()
  advance(minutes(5))
  const { status, headers } = await anns.postHtmx(SECOND_STEP, { code: WRONG_CODE })
  expect([status, headers.get('hx-redirect')]).toEqual([401, '/login'])
})

test('a form of another client with the same cookie is redirected to the login, and ends the pending login', async () => {
  const { anns, send, app } = await annPending()
  const attacker = anns.copy('Attacker')
  expect(await attacker.post(SECOND_STEP, { code: app.code() })).toMatchObject({ status: 303, to: '/login' })
  expect(await send()).toMatchObject({ status: 303, to: '/login' })
})

test('a page or a prefetch in another client is refused, and the pending login goes on', async () => {
  const { anns, send, ...site } = await annPending()
  for (const path of [SECOND_STEP, `${SECOND_STEP}/lost`]) {
    const other = anns.copy('Updated')
    expect((await other.get(path, { 'sec-purpose': 'prefetch' })).status).not.toBe(200)
    expect(await other.get(path)).toMatchObject({ status: 303, to: '/login' })
    expect(other.jar.has('pending')).toBe(false)
  }
  expect(await anns.copy('Updated').get('/login')).toMatchObject({ status: 200 })
  expect(await pendingRows(site)).toHaveLength(1)
  expect(await send()).toMatchObject({ status: 303, to: '/profile' })
})

test('without protection, a changed client may complete the login', async () => {
  const { anns, app } = await annPending({ SESSION_PROTECTION: 'off' })
  expect(await anns.copy('Updated').post(SECOND_STEP, { code: app.code() })).toMatchObject({ to: '/profile' })
})

test('a second login in the browser replaces its pending login', async () => {
  const { anns, ...site } = await annPending()
  const first = anns.copy()
  await enterPassword(anns)
  expect(await pendingRows(site)).toHaveLength(1)
  expect(await first.get(SECOND_STEP)).toMatchObject({ to: '/login' })
  expect((await anns.get(SECOND_STEP)).status).toBe(200)
})

test('a logout and the button to start over delete the pending login', async () => {
  for (const path of ['/logout', `${SECOND_STEP}/stop`]) {
    const { anns, ...site } = await annPending()
    expect((await anns.post(path)).status).toBe(303)
    expect(await pendingRows(site)).toEqual([])
    expect(anns.jar.has('pending')).toBe(false)
    expect(await anns.post(`${SECOND_STEP}/stop`)).toMatchObject({ status: 303, to: '/login' }) // twice
  }
})

test('a change of password, factors or role, or a deactivation, ends the pending login', async () => {
  const changes: ((site: Awaited<ReturnType<typeof annPending>>) => Promise<unknown>)[] = [
    ({ deps, users }) =>
      inTransaction(deps, (deps) => changePassword(deps, users.ann, 'x', 'command line'), {
        locks: userLocks(users.ann),
      }),
    ({ deps, users }) =>
      inTransaction(deps, (deps) => changeFactors(deps, users.ann, 'factor-added'), { locks: userLocks(users.ann) }),
    ({ deps, users }) => changeRole(deps, users.ann, 'support', 'command line'),
    ({ deps, users }) => deactivateUser(deps, users.ann, 'command line'),
    // Directly in the database, by an operator.
    ({ deps }) => deps.db.updateTable('users').set({ deactivated_at: deps.now() }).execute(),
    ({ deps }) => deps.db.updateTable('users').set({ password_version: 7 }).execute(),
    ({ deps }) => deps.db.updateTable('users').set({ factors_version: 7 }).execute(),
    ({ deps }) => deps.db.updateTable('users').set({ secured_at: deps.now() }).execute(),
    ({ deps }) =>
      deps.db
        .updateTable('users')
        .set({ deletion_at: deps.now() + 1 })
        .execute(),
  ]
  for (const change of changes) {
    const site = await annPending()
    await change(site)
    expect(await site.send()).toMatchObject({ status: 303, to: '/login' })
    expect(await site.deps.db.selectFrom('sessions').selectAll().execute()).toEqual([])
  }
})

test('a change of factors deletes the pending logins of the user, and of no other user', async () => {
  const { deps, users, ...site } = await annPending()
  await addApp({ deps }, users.eve)
  await turnOnTwoStep({ deps }, users.eve)
  await site.browser().post('/login', eve)
  await inTransaction(deps, (deps) => changeFactors(deps, users.ann, 'factor-removed'), { locks: userLocks(users.ann) })
  expect(await pendingRows({ deps })).toMatchObject([{ user_id: users.eve.id }])
})

test('the page shows neither the name nor the whole address', async () => {
  const { anns } = await annPending()
  for (const { html } of [await anns.get(SECOND_STEP), await anns.post(SECOND_STEP, { code: WRONG_CODE })]) {
    expect(html).toContain('Logging in as <strong><bdi>a•••@example.test</bdi></strong>')
    expect(html).not.toContain(ann.email)
    expect(html).not.toMatch(/\bAnn\b/)
  }
})

test('of 20 parallel requests with the right code one gets a session', async () => {
  const { anns, app, ...site } = await annPending()
  const code = app.code()
  const answers = await Promise.all(Array.from({ length: 20 }, () => anns.copy().post(SECOND_STEP, { code })))
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(303)) // no error for a double click
  expect(answers.filter(({ set }) => set.some((line) => line.startsWith('session=')))).toHaveLength(1)
  expect(await site.deps.db.selectFrom('sessions').selectAll().execute()).toHaveLength(1)
})

test('of three right codes that arrive together one gets a session', async () => {
  const { anns, app, ...site } = await annPending()
  const codes = [-1, 0, 1].map((steps) => app.code(steps))
  const answers = await Promise.all(codes.map((code) => anns.copy().post(SECOND_STEP, { code })))
  expect(answers.filter(({ set }) => set.some((line) => line.startsWith('session=')))).toHaveLength(1)
  expect(await site.deps.db.selectFrom('sessions').selectAll().execute()).toHaveLength(1)
})

test('a factor stays unused if the pending login is gone before or after its check', async () => {
  const { deps, anns, users, advance } = await annPending()
  const client = { fingerprint: '', userAgent: '', ip: '' }
  const browser = { client, secrets: {}, sessionLookup: undefined, rememberFor: days(1) }
  let uses = 0
  const step: SecondStep = {
    method: 'totp',
    async use({ db }) {
      uses++
      await db.updateTable('users').set({ factors_version: 9, name: 'Changed' }).execute() // ends pending logins
      return {}
    },
  }
  const gone = { kind: 'rejected', isUsed: false } as const
  expect(await completeLogin(deps, 'A'.repeat(43), browser, step)).toEqual(gone)
  expect(uses).toBe(0)
  expect(await completeLogin(deps, anns.jar.get('pending') ?? '', browser, step)).toEqual(gone)
  expect([uses, (await findUser(deps, users.ann.id))?.name]).toEqual([1, 'Ann'])
  const late = { ...step, use: async () => advance(minutes(5)) ?? {} }
  expect(await completeLogin(deps, anns.jar.get('pending') ?? '', browser, late)).toEqual(gone)
  expect(await deps.db.selectFrom('sessions').selectAll().execute()).toEqual([])
})

test('five counted attempts leave none for the right code', async () => {
  const { send, anns, deps } = await annPending()
  await deps.db.updateTable('pending_logins').set({ failure_count: 5 }).execute() // five are being checked
  expect(await send()).toMatchObject({ status: 303, to: '/login' })
  expect(await isLoggedIn(anns)).toBe(false)
})

test('a form that is sent twice leads to the page of the first answer', async () => {
  const { anns, app } = await annPending()
  const [first, second] = [anns.copy(), anns.copy()]
  const code = app.code()
  expect(await first.post(SECOND_STEP, { code })).toMatchObject({ to: '/profile' })
  const late = await second.post(SECOND_STEP, { code, next: '/dashboard' })
  expect(late.to).toBe('/login?next=%2Fdashboard')
  for (const [name, value] of second.jar) first.keep(name, value)
  expect(await first.get(late.to ?? '')).toMatchObject({ status: 303, to: '/dashboard' })
  expect((await first.get('/dashboard')).html).not.toContain(GONE)
})

test('a wrong password and an unknown address are answered as without two-step verification, byte for byte', async () => {
  const [withTwoStep, without] = [await annWithApp(), await annAndEve()]
  for (const fields of [
    { email: ann.email, password: 'wrong' },
    { email: 'unknown@example.test', password: ann.password },
  ]) {
    const [one, other] = await Promise.all([withTwoStep, without].map((site) => site.browser().post('/login', fields)))
    expect([one?.status, one?.html, [...(one?.headers ?? [])]]).toEqual([422, other?.html, [...(other?.headers ?? [])]])
  }
})

test('an account without two-step verification logs in with its password alone', async () => {
  const site = await annWithApp()
  const eves = site.browser()
  expect(await eves.post('/login', eve)).toMatchObject({ status: 303, to: '/profile' })
  expect([...eves.jar.keys()].toSorted()).toEqual(['device', 'flash', 'session'])
})

test('the device is remembered only after the second step', async () => {
  const site = await annWithApp()
  const anns = site.browser()
  await enterPassword(anns, { remember: 'yes' })
  expect(anns.jar.has('remember')).toBe(false)
  await anns.post(SECOND_STEP, { code: site.app.code() })
  expect(anns.jar.has('remember')).toBe(true)
  anns.close()
  expect(await isLoggedIn(anns)).toBe(true)
})

test('the right password clears no wrong ones before the whole login', async () => {
  const { deps, browser, app } = await annWithApp()
  const count = async () => (await deps.db.selectFrom('login_failures').select('count').executeTakeFirst())?.count
  const anns = browser()
  for (let i = 0; i < 3; i++) await anns.post('/login', { ...ann, password: 'wrong' })
  await enterPassword(anns)
  expect(await count()).toBe(3)
  await anns.post(SECOND_STEP, { code: app.code() })
  expect(await count()).toBeUndefined()
})

test('a recovery code completes the login, is reported, and works once', async () => {
  const site = await annWithRecoveryCodes({ MAIL_URL: 'mailbox:' })
  const [code = ''] = site.codes
  const anns = site.browser()
  await enterPassword(anns)
  expect((await anns.post(SECOND_STEP, { recovery_code: code })).to).toBe('/profile')
  expect((await anns.get('/profile')).html).toContain('Recovery code used. You have 9 left.')
  expect(site.events).toContainEqual({ kind: 'recovery-code-used', userId: site.users.ann.id, left: 9 })
  await site.deliverMail()
  const mail = site.mailbox.mails.find(({ subject }) => subject === 'A recovery code was used')
  expect(mail?.text).toContain('You have 9 left.')
  const other = site.browser()
  await enterPassword(other)
  const again = await other.post(SECOND_STEP, { recovery_code: code })
  expect(again.status).toBe(422)
  expect(again.html).toContain('That recovery code isn’t right or was already used.')
  expect(again.html).toMatch(/<details open[^]*<input id="recovery_code"[^>]*autofocus/)
})

test('a recovery code in the field of the app code is not counted', async () => {
  const site = await annWithRecoveryCodes()
  const anns = site.browser()
  await enterPassword(anns)
  for (let i = 0; i < 7; i++) {
    const { status, html } = await anns.post(SECOND_STEP, { code: site.codes[0] ?? '' })
    expect(status).toBe(422)
    expect(html).toContain('This looks like a recovery code. Enter it under “Use a recovery code”.')
  }
  expect((await anns.post(SECOND_STEP, { recovery_code: site.codes[0] ?? '' })).to).toBe('/profile')
})

test('an unfinished second step from an unknown browser is reported by one mail a day', async () => {
  const { anns, ...site } = await annPending({ MAIL_URL: 'mailbox:' })
  const endExpired = () => endExpiredSteps(site.deps, 10)
  const subjects = async () => {
    await site.deliverMail()
    return site.mailbox.mails.map(({ subject }) => subject)
  }
  site.advance(minutes(5) - 1)
  await endExpired()
  expect(await subjects()).toEqual([])
  site.advance(1)
  await endExpired()
  expect(await subjects()).toEqual(['Someone knows your password'])
  expect(site.events.at(-2)).toEqual({ kind: 'second-step-abandoned', userId: site.users.ann.id })
  const attacker = site.browser('Attacker')
  await enterPassword(attacker)
  await attacker.post(`${SECOND_STEP}/stop`) // an attacker must not avoid the mail
  site.advance(days(1) - 1)
  expect(await subjects()).toHaveLength(1)
  await enterPassword(attacker)
  await attacker.post(`${SECOND_STEP}/stop`)
  site.advance(minutes(10))
  expect(await subjects()).toHaveLength(1)
  await enterPassword(attacker)
  await attacker.post(`${SECOND_STEP}/stop`)
  site.advance(minutes(10))
  expect(await subjects()).toHaveLength(2)
})

test('the report of an unfinished second step names the browser that had the password', async () => {
  const site = await annWithApp({ MAIL_URL: 'mailbox:' })
  const { now } = site.deps
  let ticks = 0
  site.deps.now = () => now() + ticks++ // a real clock advances between two statements
  await enterPassword(site.browser(FIREFOX))
  site.advance(minutes(5))
  await endExpiredSteps(site.deps, 10)
  expect((await newestMail(site)).text).toContain('Firefox on Windows')
})

test('an unfinished second step in a known device is not reported', async () => {
  const site = await annWithApp({ MAIL_URL: 'mailbox:' })
  const anns = site.browser()
  await logInWithCode(site, anns)
  await anns.post('/logout')
  await enterPassword(anns)
  site.advance(minutes(5))
  await endExpiredSteps(site.deps, 10)
  expect(site.events.map(({ kind }) => kind)).not.toContain('second-step-abandoned')
})

test('a login of another user in the browser reports the one that it replaces', async () => {
  const { anns, ...site } = await annPending()
  await anns.post('/login', eve)
  expect(site.events).toContainEqual({ kind: 'second-step-abandoned', userId: site.users.ann.id })
})

test('the retention job ends expired pending logins and reports them', async () => {
  const { anns, ...site } = await annPending()
  const runRetention = async () => {
    for (let cursor: Cursor | undefined = FIRST_CURSOR; cursor;) cursor = await deleteBatch(site.deps, cursor)
  }
  for (let i = 0; i < 15; i++) await enterPassword(site.browser())
  site.advance(minutes(5) - 1)
  await runRetention()
  expect(await pendingRows(site)).toHaveLength(16)
  site.advance(1)
  await runRetention()
  expect(await pendingRows(site)).toEqual([])
  expect(site.events.filter(({ kind }) => kind === 'second-step-abandoned')).toHaveLength(16)
})

test('a full hash queue uses up no recovery code and no attempt', async () => {
  const site = await annWithRecoveryCodes()
  const anns = site.browser()
  await enterPassword(anns)
  const before = await dumpDatabase(site)
  const { run } = site.deps.hashQueue
  site.deps.hashQueue.run = () => Promise.reject(new QueueFull('full'))
  for (let i = 0; i < 10; i++)
    expect((await anns.post(SECOND_STEP, { recovery_code: site.codes[0] ?? '' })).status).toBe(503)
  expect(await dumpDatabase(site)).toEqual(before)
  site.deps.hashQueue.run = run
  expect((await anns.post(SECOND_STEP, { recovery_code: site.codes[0] ?? '' })).to).toBe('/profile')
})

test('a failed transaction uses up no code and changes no cookie', async () => {
  const { send, deps } = await annPending()
  const acceptInserts = await rejectInserts(deps, 'sessions')
  expect(await send()).toMatchObject({ status: 500, set: [] })
  expect(takeLoggedErrors()).toHaveLength(1)
  await acceptInserts()
  expect((await send()).to).toBe('/profile')
})

test('with a narrower path of cookies, the cookie of a pending login still reaches the second step', async () => {
  const site = await annWithApp({}, { loginPath: '/app', reloginPath: '/app/again', cookies: { path: '/app' } })
  const login = await enterPassword(site.browser())
  expect(login.set).toEqual([expect.stringContaining('; Path=/login/second-step; ')])
})
