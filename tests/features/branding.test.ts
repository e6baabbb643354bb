import { expect, test } from 'bun:test'
import { branding } from '@/config/branding'
import { days, minutes } from '@/lib/duration'
import { scopes } from '@/model/users/roles'
import type { Browser } from '../support/browser'
import { mounted, signupTest, tokenTest } from '../support/features'
import { sharedDatabase } from '../support/nodes'
import { ann, annAndEve, createPeople, eve } from '../support/people'
import { openSite } from '../support/site'
import { makeToken } from '../support/tokens'

const NAME = 'Zebra & Söhne'

test('every page carries the name from APP_NAME and no other', async () => {
  const site = await createPeople(await openSite({ APP_NAME: NAME }))
  // These texts may contain the default name.
  Object.assign(site.deps.config.branding, { tagline: 'Tea.', description: 'Tea.', footer: 'Tea.' })
  const [visitor, anns] = [site.browser(), await site.as(ann)]
  const pages = ['/', '/login', '/signup', '/logout', '/profile', '/settings/tokens', '/api/docs']
  const paths = [...mounted(site, pages), '/nowhere']
  for (const browser of [visitor, anns])
    for (const path of paths) {
      const { html } = await browser.get(path)
      if (html === '') continue // redirected
      expect(html).toContain(' · Zebra &amp; Söhne</title>')
      expect(html).toMatch(/<a class="brand" href="\/">.*?<span[^>]*>Zebra &amp; Söhne<\/span><\/a>/)
      expect(html).not.toContain(branding.name)
      expect((await browser.getHtmx(path)).html).toContain(' · Zebra &amp; Söhne</title>')
    }
  expect((await visitor.get('/')).html).toContain('<h1>Zebra &amp; Söhne</h1>')
  expect(JSON.parse((await visitor.get('/api/openapi.json')).html)).toMatchObject({ info: { title: NAME } })
})

test('description, tagline and footer are shown as text', async () => {
  const site = await openSite()
  Object.assign(site.deps.config.branding, { tagline: 'Tea <3', description: 'Tea "now"', footer: '© <Acme>' })
  const { html } = await site.browser().get('/')
  expect(html).toContain('Tea &lt;3')
  expect(html).toContain('<meta name="description" content="Tea &quot;now&quot;"/>')
  expect(html).toContain('© &lt;Acme')
})

signupTest('a password that contains the name of the site is rejected', async () => {
  const site = await openSite({ APP_NAME: 'Teapot House' })
  const signUp = async (password: string) =>
    (await site.browser().post('/signup', { email: 'abe@example.test', name: 'Abe', password })).status
  expect(await signUp('TeapotHouse Teapot')).toBe(422)
  expect(await signUp('seven quartz lamps over rivers')).toBe(303)
})

tokenTest('API tokens carry the prefix of the site, and a token with another prefix is rejected', async () => {
  const site = await annAndEve()
  site.deps.config.branding.tokenPrefix = 'ac_'
  const anns = await site.as(ann)
  const { html } = await anns.post('/settings/tokens', { name: 'x', scopes: 'profile:read' })
  const text = /id="new-token"[^>]*>(\w+)</.exec(html)?.[1] ?? ''
  expect(text).toMatch(/^ac_[0-9a-z]{57}$/)
  expect((await anns.get('/settings/tokens')).html).toContain(`ac_…${text.slice(-4)}`)

  const me = () => site.browser().get('/api/me', { authorization: `Bearer ${text}` })
  expect((await me()).status).toBe(200)
  site.deps.config.branding.tokenPrefix = 'xy_'
  site.advance(minutes(1))
  const refused = await me()
  expect([refused.status, JSON.parse(refused.html).detail]).toEqual([401, expect.stringContaining('Bearer xy_…')])
})

signupTest('the home page shows a visitor a sign-up button and a login button', async () => {
  const { html } = await (await openSite()).browser().get('/')
  expect(html).toMatch(/<a href="\/signup" class="button">Sign up<\/a>/)
  expect(html).toMatch(/<a href="\/login" class="button secondary">Log in<\/a>/)
})

test('after a change of the name, sessions, remembered devices, saved forms and API tokens still work', async () => {
  const DATABASE_URL = await sharedDatabase()
  const before = await createPeople(await openSite({ DATABASE_URL, APP_NAME: 'Before' }))
  const { text } = await makeToken(before.deps, before.users.ann, { name: 'x', scopes, lifetime: days(1) })
  const remembered = await before.as(ann, { remembered: true })
  remembered.close()
  const saving = await before.as(eve)
  before.advance(minutes(5))
  await saving.post('/profile', { name: 'Eve B.' })
  const active = await before.as(ann)
  await before.deps.db.destroy()

  const after = await openSite({ DATABASE_URL, APP_NAME: 'After' })
  after.advance(minutes(5))
  for (let i = 0; i < 1000; i++) after.deps.random(1) // the ids differ from those of the first site
  const inAfter = ({ jar }: Browser) => {
    const browser = after.browser()
    for (const [name, value] of jar) browser.keep(name, value)
    return browser
  }
  const profile = await inAfter(active).get('/profile')
  expect([profile.status, profile.html.includes(' · After</title>')]).toEqual([200, true])
  expect((await inAfter(remembered).get('/profile')).status).toBe(200)
  expect((await after.browser().get('/api/me', { authorization: `Bearer ${text}` })).status).toBe(200)
  const back = inAfter(saving)
  expect((await back.post('/relogin', { password: eve.password })).to).toBe('/resume')
  expect((await back.post('/resume')).to).toBe('/profile')
  expect((await back.get('/profile')).html).toContain('Welcome, Eve B.!')
})
