import { expect } from 'bun:test'
import { minutes } from '@/lib/duration'
import { tokenTest } from '../support/features'
import { ann, annLoggedIn } from '../support/people'

const inPlace = (owner: string) => ({
  'hx-request': 'true',
  'hx-request-type': 'partial',
  'x-session-user': owner,
  'sec-fetch-dest': 'empty',
})

/** Ann's token form is saved, and the login since then is stale again. */
async function annStaleAgain() {
  const site = await annLoggedIn()
  const { annsBrowser, advance, deps } = site
  const idle = async () => {
    advance(minutes(3))
    await annsBrowser.get('/probe')
    advance(minutes(3))
  }
  await idle()
  await annsBrowser.post('/settings/tokens', { name: 'backup', scopes: 'profile:read' })
  const back = () => annsBrowser.post('/relogin', { password: ann.password })
  expect((await back()).to).toBe('/resume')
  await idle()
  const savedRequest = async () =>
    (await deps.db.selectFrom('saved_requests').select('id').executeTakeFirst())?.id ?? ''
  const made = () => deps.db.selectFrom('api_tokens').select('name').execute()
  return { ...site, back, savedRequest, made }
}

tokenTest('a form on a login that is stale again is saved again and finally succeeds', async () => {
  const { annsBrowser, back, savedRequest, made } = await annStaleAgain()
  const first = await savedRequest()
  expect(await annsBrowser.post('/resume', { id: first })).toMatchObject({ status: 303, to: '/relogin' })
  expect(await made()).toEqual([])
  expect([(await savedRequest()).length, (await savedRequest()) === first]).toEqual([22, false])
  expect((await back()).to).toBe('/resume')
  expect((await annsBrowser.post('/resume')).html).toContain('id="new-token"')
  expect(await made()).toEqual([{ name: 'backup' }])
})

tokenTest('a form succeeds after the script asks for the password in a dialog and repeats the request', async () => {
  const { annsBrowser, back, savedRequest, made, users } = await annStaleAgain()
  const IN_PLACE = inPlace(users.ann.id)
  const button = { id: await savedRequest() }
  expect(await annsBrowser.post('/resume', button, IN_PLACE)).toMatchObject({ status: 401, to: '/relogin' })
  await back()
  expect(await annsBrowser.post('/resume', button, IN_PLACE)).toMatchObject({ status: 204, to: '/resume' })
  const { html } = await annsBrowser.get('/resume')
  expect([html.includes('backup'), html.includes('no longer available')]).toEqual([true, false])
  await annsBrowser.post('/resume', { id: await savedRequest() }, IN_PLACE)
  expect(await made()).toEqual([{ name: 'backup' }])
})

tokenTest('a second press of the button reports that no request is saved any more', async () => {
  const { annsBrowser, back, savedRequest } = await annStaleAgain()
  await back()
  const button = { id: await savedRequest() }
  await annsBrowser.post('/resume', button)
  expect(await annsBrowser.post('/resume', button)).toMatchObject({ status: 303, to: '/dashboard' })
  expect((await annsBrowser.get('/dashboard')).html).toContain('This form is no longer available')
})
