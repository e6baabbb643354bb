import { expect, test } from 'bun:test'
import { minutes, seconds } from '@/lib/duration'
import type { Browser } from '../support/browser'
import { ann } from '../support/people'
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

test('the fifth wrong code in the dialog ends the login, and the next request asks for the password again', async () => {
  const { dialog, anns } = await annAfter(minutes(6), { SESSION_MAX_SECONDS: '300' })
  await dialog.post('/relogin', { password: ann.password })
  const statuses: number[] = []
  for (let i = 0; i < 5; i++) statuses.push((await dialog.post(STEP, { code: '000000' })).status)
  expect(statuses).toEqual([422, 422, 422, 422, 204])
  expect((await dialog.open('/relogin')).html).toContain('id="relogin-password"')
  expect((await anns.get('/profile')).status).toBe(303)
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
