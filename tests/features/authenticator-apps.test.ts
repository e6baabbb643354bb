import { expect, test } from 'bun:test'
import { listApps } from '@/model/authenticator-apps/authenticator-apps'
import { findUser } from '@/model/users/users'
import { ID, eventsDuring } from '../support/emitted-events'
import { keyRing } from '../support/key-rings'
import { takeLoggedErrors } from '../support/no-stray-errors'
import { ann, createPeople, eve } from '../support/people'
import { addApp, annWithApp, annWithRecoveryCodes, turnOnTwoStep } from '../support/second-factors'
import { mailSite } from '../support/site'
import { SECURITY } from '../support/two-step-pages'

const STRONG = { amr: ['password', 'totp'] } as const

type Site = Pick<Awaited<ReturnType<typeof annWithApp>>, 'deps' | 'users'>

const isOn = async ({ deps, users }: Site) => (await findUser(deps, users.ann.id))?.two_step_enabled_at !== null
const namesOf = async ({ deps, users }: Site) => (await listApps(deps, users.ann)).map(({ name }) => name)

const removePath = (id: string) => `${SECURITY}/app/${id}/remove`
const renamePath = (id: string) => `${SECURITY}/app/${id}/rename`

test('an app can be renamed, and no two have the same name', async () => {
  const site = await annWithApp()
  await addApp(site, site.users.ann, 'Tablet')
  const browser = await site.as(ann, STRONG)
  const renamed = await browser.post(renamePath(site.app.id), { name: ' Old phone ' })
  expect([renamed.status, renamed.to]).toEqual([303, SECURITY])
  await browser.post(renamePath(site.app.id), { name: 'Tablet' })
  expect(await namesOf(site)).toEqual(['Tablet 2', 'Tablet'])
  await browser.post(renamePath(site.app.id), { name: 'Tablet 2' })
  expect(await namesOf(site)).toEqual(['Tablet 2', 'Tablet'])
})

test('with htmx, a new name changes the row of the app', async () => {
  const site = await annWithApp()
  const browser = await site.as(ann, STRONG)
  const { status, to, html } = await browser.postHtmx(renamePath(site.app.id), { name: 'Tablet' })
  expect([status, to]).toEqual([200, null])
  expect(html).toStartWith(`<li id="factor-${site.app.id}"`)
  expect(html).toContain('Tablet')
})

test('a name that is empty or too long returns 422 beside its field', async () => {
  const site = await annWithApp()
  const browser = await site.as(ann, STRONG)
  const { status, html } = await browser.post(renamePath(site.app.id), { name: 'x'.repeat(61) })
  expect(status).toBe(422)
  expect(html).toContain(`id="name-${site.app.id}-error" class="field-error">Use a name of at most 60 characters.`)
  expect((await browser.post(renamePath(site.app.id), { name: ' ' })).html).toContain('Enter a name.')
  expect(await namesOf(site)).toEqual(['Phone'])
})

test('the removal of the last factor asks first, and turns two-step verification off', async () => {
  const site = await annWithApp()
  const browser = await site.as(ann, STRONG)
  const asked = await browser.post(removePath(site.app.id), { everywhere: 'yes' })
  expect([asked.status, await namesOf(site)]).toEqual([200, ['Phone']])
  expect(asked.html).toContain('Remove authenticator app “Phone”?')
  expect(asked.html).toContain('<input type="hidden" name="everywhere" value="yes"/>')
  const removed = await browser.post(removePath(site.app.id), { confirmed: 'yes' })
  expect([removed.status, removed.to]).toEqual([303, SECURITY])
  expect([await isOn(site), await namesOf(site)]).toEqual([false, []])
  expect((await browser.get(SECURITY)).html).toContain('Authenticator app removed.')
  expect((await site.browser().post('/login', ann)).to).toBe('/profile')
})

test('the removal of one of two factors needs no question', async () => {
  const site = await annWithApp()
  await addApp(site, site.users.ann, 'Tablet')
  const browser = await site.as(ann, STRONG)
  expect((await browser.post(removePath(site.app.id))).status).toBe(303)
  expect([await isOn(site), await namesOf(site)]).toEqual([true, ['Tablet']])
})

test('a policy keeps the last factor', async () => {
  const site = await annWithApp({ MFA: 'required' })
  const browser = await site.as(ann, STRONG)
  const { status, html } = await browser.post(removePath(site.app.id), { confirmed: 'yes' })
  expect([status, await namesOf(site)]).toEqual([409, ['Phone']])
  expect(html).toContain(
    'This site requires two-step verification. Add another verification method before you remove this one.',
  )
})

test('the hold after a recovery keeps every factor', async () => {
  const site = await annWithApp()
  await site.deps.db.updateTable('users').set({ recovered_at: site.deps.now() }).execute()
  const browser = await site.as(ann, STRONG)
  const { status, html } = await browser.post(removePath(site.app.id), { confirmed: 'yes' })
  expect([status, await namesOf(site)]).toEqual([409, ['Phone']])
  expect(html).toContain('Not possible yet')
})

test('the removal ends the sessions that a code opened, and all others if asked', async () => {
  const site = await annWithApp()
  await addApp(site, site.users.ann, 'Tablet')
  const browser = await site.as(ann, STRONG)
  const byCode = await site.as(ann, STRONG)
  const other = await site.as(ann, { amr: ['passkey'] })
  await browser.post(removePath(site.app.id))
  const statuses = async () =>
    Promise.all([browser, byCode, other].map(async ({ get }) => (await get('/profile')).status))
  expect(await statuses()).toEqual([200, 303, 200])
  const [tablet] = await listApps(site.deps, site.users.ann)
  await browser.post(removePath(tablet?.id ?? ''), { confirmed: 'yes', everywhere: 'yes' })
  expect(await statuses()).toEqual([200, 303, 303])
})

test('a removed app has no code', async () => {
  const site = await annWithRecoveryCodes()
  await addApp(site, site.users.ann, 'Tablet')
  await (await site.as(ann, STRONG)).post(removePath(site.app.id))
  const browser = site.browser()
  await browser.post('/login', ann)
  expect((await browser.post('/login/second-step', { code: site.app.code() })).status).toBe(422)
})

test('with the key missing a login still asks for the second step, and refuses the code', async () => {
  const site = await annWithRecoveryCodes()
  const [recovery_code = ''] = site.codes
  const browser = site.browser()
  site.deps.keys = keyRing(1)
  expect((await browser.post('/login', ann)).to).toStartWith('/login/second-step')
  expect((await browser.post('/login/second-step', { code: site.app.code() })).status).toBe(422)
  expect((await browser.post('/login/second-step', { recovery_code })).status).toBe(422)
  expect(takeLoggedErrors().map(({ msg }) => msg)).toEqual([
    'authenticator app failed: SECRET_KEYS lacks its key',
    'recovery code failed: SECRET_KEYS lacks its key',
  ])
  site.deps.keys = keyRing(1, 0)
  expect((await browser.post('/login/second-step', { code: site.app.code() })).status).toBe(303)
})

test('the removal is in the history and reported by mail', async () => {
  const site = await createPeople(await mailSite())
  const { id } = await addApp(site, site.users.ann)
  await turnOnTwoStep(site, site.users.ann)
  const browser = await site.as(ann, STRONG)
  const userId = site.users.ann.id
  const events = await eventsDuring(site, () => browser.post(removePath(id), { confirmed: 'yes' }))
  expect(events).toEqual([
    { kind: 'two-step-disabled', userId, by: userId },
    { kind: 'factor-removed', userId, factor: 'authenticator-app', factorId: ID, by: userId },
  ])
  expect((await browser.get('/settings/activity')).html).toContain('An authenticator app was removed.')
  await site.deliverMail()
  expect(site.mailbox.mails.map(({ subject }) => subject).toSorted()).toEqual([
    'A verification method was removed',
    'Two-step verification is off',
  ])
})

test('the app of another user is not found', async () => {
  const site = await annWithApp()
  const browser = await site.as(eve)
  const token = browser.jar.get('session')
  for (const path of [removePath(site.app.id), renamePath(site.app.id)])
    expect((await browser.post(path, { name: 'Mine', confirmed: 'yes' })).status).toBe(404)
  expect(browser.jar.get('session')).toBe(token)
})

test.each(['rename', 'remove'])('a visitor and a stale session cannot %s an app', async (action) => {
  const site = await annWithApp()
  const path = `${SECURITY}/app/${site.app.id}/${action}`
  expect((await site.browser().post(path, { name: 'x' })).to).toStartWith('/login')
  const stale = await (await site.as(ann, { ...STRONG, fresh: false })).post(path, { name: 'x', confirmed: 'yes' })
  expect(stale.to).toStartWith(action === 'remove' ? '/relogin' : SECURITY)
  expect(await namesOf(site)).toEqual([action === 'remove' ? 'Phone' : 'x'])
})
