import { expect, test } from 'bun:test'
import { deactivateUser } from '@/model/accounts/deactivate'
import { minutes } from '@/lib/duration'
import { createUser } from '@/model/users/users'
import { signupTest } from '../support/features'
import type { Answer } from '../support/browser'
import { at, changes, filled, routesOf } from '../support/every-route'
import { dumpDatabase } from '../support/dump-database'
import { logLines } from '../support/no-stray-errors'
import { addApp, turnOnTwoStep } from '../support/add-factors'
import { addPasskey } from '../support/passkeys'
import { ann, annAndEve, annLoggedIn, eve } from '../support/people'
import { annAsAdmin, sue } from '../support/roles'
import { withoutChallenges } from '../support/without-challenges'

const zoe = { email: 'zoe@example.test', name: 'Zoe', password: 'violet marmalade kettle' }

/** The visible part of a response, without the typed address. */
const seen = ({ status, to, html, set, headers }: Answer, typed: string) =>
  JSON.stringify([status, to, withoutChallenges(html), set, [...headers]]).replaceAll(Bun.escapeHTML(typed), '(typed)')

const HOW: Record<string, string>[] = [{}, { 'hx-request': 'true' }]

const FORM = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' }

type Way = [how: string, headers: Record<string, string>, fields: Record<string, string>]
const ways: Way[] = [
  ['by a form', {}, {}],
  ['with htmx', { 'hx-request': 'true', 'hx-request-type': 'partial' }, {}],
  ['by a boosted form', { 'hx-request': 'true', 'hx-boosted': 'true', 'hx-request-type': 'full' }, {}],
  ['to be remembered, on the way to a page', {}, { remember: 'yes', next: '/settings' }],
  ['with invalid cookies', { cookie: `session=${'A'.repeat(43)}; remember=x.y; flash=logged-in` }, {}],
]

test.each(ways)('a login that fails %s returns the same bytes for every email address', async (_, headers, fields) => {
  const { browser, deps, users } = await annAsAdmin({ MAIL_URL: 'mailbox:' })
  await deactivateUser(deps, users.eve, 'command line')
  await createUser(deps, zoe)
  await deps.db.updateTable('users').set({ secured_at: 1 }).where('email', '=', zoe.email).execute()
  const max = { ...zoe, email: 'max@example.test' }
  await createUser(deps, max)
  await deps.db.updateTable('users').set({ password_hash: null }).where('email', '=', max.email).execute()
  const [tim, pia] = [
    { ...zoe, email: 'tim@example.test' },
    { ...zoe, email: 'pia@example.test' },
  ]
  const [twoStep, withPasskey] = [await createUser(deps, tim), await createUser(deps, pia)]
  if (!twoStep || !withPasskey) throw new Error('the address of a test person is taken')
  await addApp({ deps }, twoStep)
  for (const user of [twoStep, withPasskey]) await addPasskey({ deps }, user)
  await turnOnTwoStep({ deps }, twoStep)
  const tried = [
    { email: tim.email, password: 'wrong' },
    { email: pia.email, password: 'wrong' },
    { email: zoe.email, password: 'wrong' },
    { email: zoe.email, password: zoe.password },
    { email: sue.email, password: 'wrong' },
    { email: 'unknown@example.test', password: 'wrong' },
    { email: eve.email, password: 'wrong' },
    { email: eve.email, password: eve.password },
    { email: max.email, password: zoe.password },
    { email: max.email, password: '' },
    { email: 'no address', password: 'wrong' },
    { email: 'ANN@example.test', password: '' },
    { email: sue.email, password: 'x'.repeat(5000) },
    { email: 'unknown@example.test', password: 'x'.repeat(5000) },
  ]
  const answers = []
  for (const { email, password } of tried) {
    logLines.length = 0
    const answer = await browser().post('/login', { ...fields, email, password }, headers)
    answers.push(`${seen(answer, email)} ${logLines.length}`)
  }
  expect(answers[0]).toContain('[422,')
  expect(new Set(answers).size).toBe(1)
})

signupTest('a sign-up with a taken address reveals nothing about its user and records nothing', async () => {
  const site = await annAsAdmin({ MAIL_URL: 'mailbox:' })
  await deactivateUser(site.deps, site.users.eve, 'command line')
  await site.browser().post('/login', { ...sue, remember: 'yes' })
  /** Everything in the database except the rate limits. */
  const traces = async () => [{ ...(await dumpDatabase(site)), rate_limit_hits: [] }, site.events.length]
  const before = await traces()
  const fields = { name: 'Zoe', password: 'violet marmalade kettle' }
  for (const headers of HOW) {
    const answers = []
    for (const email of [ann.email, eve.email, sue.email, 'ANN@Example.Test', ` ${eve.email}`])
      answers.push(seen(await site.browser().post('/signup', { ...fields, email }, headers), email))
    expect(answers[0]).toContain('Email address already exists.')
    expect(new Set(answers).size).toBe(1)
  }
  expect(await traces()).toEqual(before)
})

test('a sign-up with another error does not reveal that the address is taken', async () => {
  const { browser } = await annAndEve()
  const good = { name: 'Zoe', password: 'violet marmalade kettle' }
  for (const bad of [
    { ...good, name: '' },
    { ...good, password: 'short' },
    { name: '', password: '' },
  ]) {
    const observed = async (email: string) => seen(await browser().post('/signup', { ...bad, email }), email)
    expect(await observed(ann.email)).toBe(await observed('unknown@example.test'))
  }
})

test('the length of the re-login page does not tell another site which address the user has', async () => {
  const { app, advance, annsBrowser } = await annLoggedIn({ SESSION_IDLE_SECONDS: '600' })
  advance(minutes(6)) // the login is no longer fresh
  const headers = {
    cookie: [...annsBrowser.jar].map((pair) => pair.join('=')).join('; '),
    'user-agent': annsBrowser.userAgent,
    'accept-encoding': 'gzip',
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
  }
  const lengthFor = async (candidate: string) => {
    const answer = await app.handle(new Request(`http://localhost/relogin?next=/${candidate}`, { headers }))
    expect(answer.status).toBe(200)
    return (await answer.arrayBuffer()).byteLength
  }
  expect(await lengthFor(ann.email)).toBe(await lengthFor('bob@example.test'))
})

test('the page of the login and the options for a passkey are the same for every address', async () => {
  const { browser, deps, users } = await annAndEve()
  await addApp({ deps }, users.ann)
  await addPasskey({ deps }, users.ann)
  await turnOnTwoStep({ deps }, users.ann)
  for (const path of ['/login', '/login/passkey']) {
    const observed = async (email: string) =>
      seen(await browser().get(`${path}?${new URLSearchParams({ email })}`), email)
    expect(await observed(ann.email)).toBe(await observed(eve.email))
    expect(await observed(ann.email)).toBe(await observed('unknown@example.test'))
  }
})

test('no path reveals to a visitor whether an account exists', async () => {
  const { app, browser, users } = await annAsAdmin({ MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on' })
  const observed = async (email: string, id: string) => {
    const answers = []
    for (const { method, path } of app.routes.filter(({ path }) => !/assets|favicon|stream|signup/.test(path))) {
      const address = `${at({ path }, id)}?${new URLSearchParams({ email, q: email, user: id, token: id })}`
      const answer =
        method === 'GET' ? await browser().get(address) : await browser().ask(address, { method, headers: {} })
      const spelt = [email, encodeURIComponent(email), encodeURIComponent(encodeURIComponent(email)), id]
      answers.push([method, path, spelt.reduce((all, one) => all.replaceAll(one, '…'), seen(answer, email))])
    }
    return answers
  }
  expect(await observed(ann.email, users.ann.id)).toEqual(await observed('unknown@example.test', 'A'.repeat(22)))
})

test('a user gets the same response for an existing and an unknown user at every path with an id', async () => {
  const { app, eves, users } = await annAsAdmin({ MAIL_URL: 'mailbox:', EMAIL_LOGIN: 'on' })
  const withId = routesOf(app).filter(({ path }) => path.includes(':') && !path.startsWith('/assets/'))
  expect(withId.length).toBeGreaterThan(3)
  for (const route of withId)
    for (const headers of HOW) {
      const ask = async (id: string) => {
        const sent = changes(route) ? { body: `${filled(route)}`, headers: { ...FORM, ...headers } } : { headers }
        const answer = await eves.ask(at(route, id), { method: route.method, ...sent })
        return [route.name, seen(answer, 'x').replaceAll(id, '(id)')]
      }
      expect(await ask(users.ann.id)).toEqual(await ask('A'.repeat(22)))
    }
})
