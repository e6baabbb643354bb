import { expect, test } from 'bun:test'
import { Elysia, t } from 'elysia'
import type { Feature } from '@/app'
import { textField } from '@/http/request/form-fields'
import { minutes } from '@/lib/duration'
import { tokenTest } from '../support/features'
import { ann, annLoggedIn, createPeople } from '../support/people'
import { annWithSavedRequest } from '../support/saved-request'
import { openSite } from '../support/site'

const mainOf = (html: string) => /<main[^>]*>(.*)<\/main>/s.exec(html)?.[1] ?? ''

const factsIn = (html: string) =>
  [...mainOf(html).matchAll(/<dt>(.*?)<\/dt><dd class="value">(.*?)<\/dd>/gs)].map(([, label, value]) => [label, value])

test('a saved form is shown with the title of its page and the labels of its fields', async () => {
  const { annsBrowser, back } = await annWithSavedRequest()
  await back()
  const main = mainOf((await annsBrowser.get('/resume')).html)
  expect(main).toContain('<h2 dir="auto">Profile</h2>')
  expect(factsIn(`<main>${main}</main>`)).toEqual([['Name', 'Ann Lee']])
  expect(main).not.toContain('/profile')
  expect([...main.matchAll(/<button[^>]*>([^<]+)</g)].map(([, text]) => text)).toEqual(['Save now', 'Discard'])
})

const Survey = t.Object({
  part: textField,
  first_name: textField,
  is_new: textField,
  d: t.Union([t.String(), t.Array(t.String())]),
  no_label: textField,
})

/** A form of an adopter: a page with every kind of field, and the address that it posts to. */
const survey: Feature = ({ loginRequired }) =>
  new Elysia()
    .use(loginRequired)
    .get('/survey', ({ reply }) =>
      reply.page({
        title: 'Q & A',
        body: `<form action="/other"><label for="a">Wrong</label><input id="a" name="first_name"/></form>
<form action="/survey/send?part=1"><input type="hidden" name="part" value="1"/>
<label for="f">First &amp; only name<span class="muted"> (optional)</span></label><input id="f" name="first_name"/>
<label><input type="checkbox" name="is_new" value="yes"/>I am new <small>here</small></label>
<fieldset><legend>Days</legend><label><input type="checkbox" name="d" value="mon"/>Monday</label>
<label><input type="checkbox" name="d" value="tue"/>Tuesday</label></fieldset>
<input name="no_label"/></form>`,
      }),
    )
    .post('/survey/send', ({ reply }) => reply.redirect('/survey'), { body: Survey })

const sent: [string, string][] = [
  ['part', '1'],
  ['first_name', 'Ann'],
  ['is_new', 'yes'],
  ['d', 'mon'],
  ['d', 'tue'],
  ['no_label', '<i>'],
]

async function surveyInterrupted(referer?: string) {
  const site = await createPeople(await openSite({}, undefined, [survey]))
  const annsBrowser = site.browser()
  await annsBrowser.post('/login', ann)
  site.advance(minutes(5))
  const answer = await annsBrowser.post('/survey/send?part=1', sent, referer === undefined ? {} : { referer })
  expect(answer.to).toBe('/relogin')
  await annsBrowser.post('/relogin', { password: ann.password })
  return annsBrowser.get('/resume')
}

test('the title and the labels come from the page that the form was on', async () => {
  const { html } = await surveyInterrupted('http://localhost/survey')
  expect(html).toContain('<h2 dir="auto">Q &amp; A</h2>')
  expect(factsIn(html)).toEqual([
    ['First &amp; only name', 'Ann'],
    ['I am new', 'yes'],
    ['Days', 'mon, tue'],
    ['No label', '&lt;i&gt;'],
  ])
})

test.each([
  ['no page', undefined],
  ['a page of another site', 'http://elsewhere.example/survey'],
  ['a page that does not exist', 'http://localhost/nowhere'],
  ['the page of saved forms itself', 'http://localhost/resume'],
  ['the page of saved forms with a slash at the end', 'http://localhost/resume/?from=1'],
])('a form from %s is shown in readable words', async (_, referer) => {
  const { html } = await surveyInterrupted(referer)
  expect(html).toContain('<h2 dir="auto">Survey, send</h2>')
  expect(factsIn(html)).toEqual([
    ['Part', '1'],
    ['First name', 'Ann'],
    ['Is new', 'yes'],
    ['D', 'mon, tue'],
    ['No label', '&lt;i&gt;'],
  ])
})

tokenTest.each([
  ['no page', undefined],
  ['the same address, after an error message', 'http://localhost/settings/tokens'],
])('the form of a new token from %s has the labels of its page', async (_, referer) => {
  const { annsBrowser, advance } = await annLoggedIn()
  advance(minutes(5))
  const fields = { name: 'robot', scopes: 'profile:read', expires_days: '7' }
  await annsBrowser.post('/settings/tokens', fields, referer === undefined ? {} : { referer })
  await annsBrowser.post('/relogin', { password: ann.password })
  const { html } = await annsBrowser.get('/resume')
  expect(html).toContain('<h2 dir="auto">New token</h2>')
  expect(factsIn(html)).toEqual([
    ['Name', 'robot'],
    ['Scopes', 'profile:read'],
    ['Expires after', '7'],
  ])
})

test('a page that htmx loads has the same title and labels', async () => {
  const { annsBrowser, back } = await annWithSavedRequest()
  await back()
  const { html } = await annsBrowser.getHtmx('/resume')
  expect([html.includes('<h2 dir="auto">Profile</h2>'), factsIn(`<main>${html}</main>`)]).toEqual([
    true,
    [['Name', 'Ann Lee']],
  ])
})

test('reading the labels extends no session and keeps the flash message for the page', async () => {
  const { annsBrowser, back, deps } = await annWithSavedRequest()
  await back()
  const before = await deps.db.selectFrom('sessions').select(['id', 'last_seen_at']).execute()
  expect((await annsBrowser.get('/resume', { 'x-poll': '1' })).status).toBe(200)
  expect(await deps.db.selectFrom('sessions').select(['id', 'last_seen_at']).execute()).toEqual(before)
  expect((await annsBrowser.get('/resume')).html).toContain('Logged in successfully.')
})
