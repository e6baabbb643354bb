import { expect, test } from 'bun:test'
import { adminTest } from '../support/features'
import { takeLoggedErrors } from '../support/no-stray-errors'
import { ann, annAndEve, annLoggedIn } from '../support/people'
import { annAsAdmin } from '../support/roles'
import { openSite } from '../support/site'

const HELP = 'help@app.test'
const LINK = `<a href="mailto:${HELP}">${HELP}</a>`

test('the login page links to the help page, with the wanted page', async () => {
  const { browser } = await openSite()
  const link = (to: string) => `<a href="${to}">Forgot your password?</a>`
  expect((await browser().get('/login')).html).toContain(link('/forgot-password'))
  const { html } = await browser().get('/login?next=/settings')
  expect(html).toContain(link('/forgot-password?next=%2Fsettings'))
  expect((await browser().get('/forgot-password?next=/settings')).html).toContain('href="/login?next=%2Fsettings"')
})

test('a failed login keeps the link to the help page', async () => {
  const { browser } = await annAndEve()
  const { html } = await browser().post('/login', { ...ann, password: 'wrong' })
  expect(html).toContain('href="/forgot-password"')
})

test('the help page names SUPPORT_EMAIL, and an administrator without it', async () => {
  const page = async (env?: Record<string, string>) =>
    (await (await openSite(env)).browser().get('/forgot-password')).html
  expect(await page({ SUPPORT_EMAIL: HELP })).toContain(LINK)
  const without = await page()
  expect(without).toContain('Ask an administrator of this site for a new password.')
  expect(without).not.toContain('mailto:')
})

test('a logged-in user is sent on from the help page, and it refuses an unsafe return path', async () => {
  const { annsBrowser, browser } = await annLoggedIn()
  expect((await annsBrowser.get('/forgot-password')).to).toBe('/profile')
  expect((await browser().get('/forgot-password?next=//evil.test')).status).toBe(400)
  expect((await browser().post('/forgot-password')).status).toBe(405)
})

test('the page of an internal error names SUPPORT_EMAIL', async () => {
  const site = await openSite({ SUPPORT_EMAIL: HELP })
  site.app.get('/broken', () => {
    throw new Error('broken')
  })
  const broken = await site.browser().get('/broken')
  expect([broken.status, broken.html.includes(LINK)]).toEqual([500, true])
  expect(takeLoggedErrors()).toHaveLength(1)
})

adminTest('the page of a denied access names SUPPORT_EMAIL', async () => {
  const site = await annAsAdmin({ SUPPORT_EMAIL: HELP })
  const denied = await site.eves.post(`${site.pageOf('ann')}/activate`)
  expect([denied.status, denied.html.includes(`If you need access, write to ${LINK}.`)]).toEqual([403, true])
})
