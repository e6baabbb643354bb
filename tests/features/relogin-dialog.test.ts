import { expect, test } from 'bun:test'
import { minutes, seconds } from '@/lib/duration'
import { requestDeletion } from '@/model/accounts/request-deletion'
import type { Browser } from '../support/browser'
import { ann, annAndEve } from '../support/people'
import { annWithPasskey } from '../support/passkeys'
import { annWithApp } from '../support/second-factors'

const STEP = '/login/second-step'

/** The headers that htmx sends from the dialog. */
const inDialog = (browser: Browser) => ({
  open: (path: string) => browser.get(path, headersOf('dialog#relogin-dialog')),
  post: (path: string, fields: Record<string, string>) => browser.post(path, fields, headersOf('div#relogin-form')),
})

const headersOf = (target: string) => ({ 'hx-request': 'true', 'hx-request-type': 'partial', 'hx-target': target })

/** Ann's session with a password and a code is as old as given. */
async function annAfter(ms: number, env = {}) {
  const site = await annWithApp(env)
  const anns = await site.as(ann, { amr: ['password', 'totp'] })
  site.advance(ms)
  return { ...site, anns, dialog: inDialog(anns) }
}

test('the dialog of a stale session asks for a code, shows a wrong one beside its field, and closes after a right one', async () => {
  const { anns, app, dialog } = await annAfter(minutes(6), { SESSION_IDLE_SECONDS: '3600' })
  const opened = await dialog.open('/relogin?next=/settings')
  expect([opened.status, opened.headers.get('hx-retarget')]).toEqual([200, '#relogin-form'])
  expect(opened.html).toStartWith('<h2 id="relogin-title">Confirm that it’s you</h2>')
  expect(opened.html).toContain('id="relogin-code" name="code"')
  expect(opened.html).toContain('hx-target="#relogin-form"')
  expect(opened.html).toContain('class="secondary cancel"')
  expect(opened.html).not.toContain('type="password"')
  const wrong = await dialog.post('/relogin/code', { code: '000000' })
  expect([wrong.status, wrong.headers.get('hx-retarget')]).toEqual([422, '#relogin-form'])
  expect(wrong.html).toContain('<small id="relogin-code-error" class="field-error">')
  const right = await dialog.post('/relogin/code', { code: app.code() })
  expect([right.status, right.html]).toEqual([204, ''])
  expect((await anns.get('/settings/password')).status).toBe(200)
})

test('the dialog of an ended session asks for the password, then for the code, and then closes', async () => {
  const { anns, app, advance, dialog } = await annAfter(minutes(6), { SESSION_MAX_SECONDS: '300' })
  expect((await dialog.open('/relogin')).html).toContain('id="relogin-password"')
  const step = await dialog.post('/relogin', { password: ann.password })
  expect([step.status, step.to, step.headers.get('hx-retarget')]).toEqual([200, null, '#relogin-form'])
  expect(step.html).toStartWith('<h2 id="relogin-title">Two-step verification</h2>')
  expect(step.html).toContain(`hx-post="${STEP}"`)
  expect(step.set.some((line) => line.startsWith('pending='))).toBe(true)
  const wrong = await dialog.post(STEP, { code: '000000' })
  expect([wrong.status, wrong.headers.get('hx-retarget')]).toEqual([422, '#relogin-form'])
  advance(seconds(30))
  const done = await dialog.post(STEP, { code: app.code() })
  expect([done.status, done.html]).toEqual([204, ''])
  expect((await anns.get('/settings/password')).status).toBe(200)
})

test('after the fifth wrong code the dialog asks for the password again, and says why once', async () => {
  const { dialog, anns } = await annAfter(minutes(6), { SESSION_MAX_SECONDS: '300' })
  await dialog.post('/relogin', { password: ann.password })
  const answers = []
  for (let i = 0; i < 5; i++) answers.push(await dialog.post(STEP, { code: '000000', next: '/settings' }))
  expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 422, 401])
  expect(answers.at(-1)?.to).toBe('/relogin?next=%2Fsettings')
  const text = 'role="alert">Too many wrong codes. Please log in again.</p>'
  const { html } = await dialog.open('/relogin')
  expect([html.includes('id="relogin-password"'), html.includes(text)]).toEqual([true, true])
  expect((await dialog.open('/relogin')).html).not.toContain(text)
  expect((await anns.get('/profile')).status).toBe(303)
})

test('a second step in the dialog that takes longer than five minutes begins again, and says so', async () => {
  const { dialog, advance, app } = await annAfter(minutes(6), { SESSION_MAX_SECONDS: '300' })
  await dialog.post('/relogin', { password: ann.password })
  advance(minutes(5))
  expect(await dialog.post(STEP, { code: app.code() })).toMatchObject({ status: 401, to: '/relogin' })
  const { html } = await dialog.open('/relogin')
  expect(html).toContain('role="alert">Your login has expired. Please log in again.</p>')
  expect(html).toContain('What you typed is still here.')
})

test('a message for the next page does not appear in the dialog', async () => {
  const { anns, dialog } = await annAfter(minutes(6), { SESSION_IDLE_SECONDS: '3600' })
  anns.keep('flash', 'profile-saved')
  expect((await dialog.open('/relogin')).html).not.toContain('Your profile has been saved.')
  expect((await anns.get('/dashboard')).html).toContain('Your profile has been saved.')
})

test('the second step in the dialog of an active session can be cancelled, and that of an ended one cannot', async () => {
  for (const [waited, canCancel] of [
    [minutes(6), true],
    [minutes(60), false],
  ] as const) {
    const site = await annWithApp({ SESSION_IDLE_SECONDS: '3600' })
    const dialog = inDialog(await site.as(ann, { amr: ['remember-me'], fresh: false }))
    site.advance(waited)
    const { html } = await dialog.post('/relogin', { password: ann.password })
    expect(html).toContain('id="relogin-code"')
    expect(html.includes('class="secondary cancel"')).toBe(canCancel)
  }
})

const LATE = 'Your session ended before you entered the code, so a code alone is not enough.'

test('a code for a session that has ended is refused with the reason, in the dialog and on the page', async () => {
  const { anns, app, advance, dialog } = await annAfter(minutes(6), { SESSION_IDLE_SECONDS: '600' })
  expect((await anns.get('/relogin')).html).toContain('action="/relogin/code"')
  advance(minutes(10))
  const { status, html } = await anns.post('/relogin/code', { code: app.code() })
  expect([status, html.includes(LATE), html.includes('name="password"')]).toEqual([200, true, true])
  expect(html).not.toContain('Your session expired because you were inactive.') // one reason is enough
  expect((await dialog.post('/relogin/code', { code: app.code() })).html).toContain(LATE)
  expect((await anns.get('/relogin')).html).not.toContain(LATE)
  expect((await anns.get('/profile')).status).toBe(303)
})

test('a code for a session that a remembered device restored since is refused with the reason', async () => {
  const site = await annWithApp({ SESSION_IDLE_SECONDS: '600' })
  const anns = await site.as(ann, { amr: ['password', 'totp'], remembered: true })
  site.advance(minutes(6))
  expect((await anns.get('/relogin')).html).toContain('action="/relogin/code"')
  site.advance(minutes(10))
  const { html } = await anns.post('/relogin/code', { code: site.app.code() })
  expect([html.includes(LATE), html.includes('name="password"')]).toEqual([true, true])
})

test('the dialog leaves the page for a login that must be completed elsewhere', async () => {
  const env = { MAIL_URL: 'mailbox:', EMAIL_VERIFICATION: 'required' }
  const unverified = await annAndEve(env)
  const unverifiedWithApp = await annWithApp(env)
  const deleted = await annAndEve({ MAIL_URL: 'mailbox:' })
  for (const [site, to] of [
    [unverified, '/verify-email?next=%2Fsettings'],
    [unverifiedWithApp, `${STEP}?next=%2Fsettings`],
    [deleted, '/restore-account?next=%2Fsettings'],
  ] as const) {
    const anns = await site.as(ann)
    site.advance(minutes(5))
    expect((await anns.get('/profile')).to).toStartWith('/relogin') // the session is inactive for too long
    if (site === deleted) await requestDeletion(site.deps, site.users.ann, { by: site.users.ann.id })
    const { status, to: next } = await inDialog(anns).post('/relogin', { password: ann.password, next: '/settings' })
    expect([status, next]).toEqual([401, to])
  }
})

test('without scripts the password leads to the page of the second step', async () => {
  const { anns } = await annAfter(minutes(6), { SESSION_MAX_SECONDS: '300' })
  const answer = await anns.post('/relogin', { password: ann.password, next: '/settings' })
  expect([answer.status, answer.to]).toEqual([303, `${STEP}?next=%2Fsettings`])
  expect(await anns.postHtmx('/relogin', { password: ann.password })).toMatchObject({ status: 204, to: STEP })
})

test('a user whose passkeys do not work here is told what to do, and sees no empty form', async () => {
  const site = await annWithPasskey({ MAIL_URL: 'mailbox:', SESSION_IDLE_SECONDS: '600' })
  await site.deps.db.updateTable('users').set({ password_hash: null }).execute()
  await site.deps.db.updateTable('passkeys').set({ rp_id: 'old.example' }).execute()
  const anns = await site.as(ann, { amr: ['passkey'] })
  site.advance(minutes(6))
  const active = (await anns.get('/relogin')).html
  expect(active).toContain('None of your passkeys works on this site. Log out, and reset your password to choose one.')
  expect(active).not.toContain('action="/relogin"')
  site.advance(minutes(10))
  expect((await anns.get('/relogin')).html).toContain('<a href="/forgot-password">Choose a password instead</a>')
})
