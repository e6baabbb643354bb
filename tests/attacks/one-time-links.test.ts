import { expect, setDefaultTimeout, test } from 'bun:test'
import type { LinkPurpose } from '@db/mail-tables'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { changePassword } from '@/model/accounts/change-password'
import { requestDeletion } from '@/model/accounts/request-deletion'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { hashPassword } from '@/model/passwords/hash'
import { dumpDatabase } from '../support/dump-database'
import { takeLoggedErrors } from '../support/no-stray-errors'
import { purposes } from '../support/link-purposes'
import { annAndEveWithMail, issueTo, openLink, useOpened } from '../support/one-time-links'
import { ann } from '../support/people'

setDefaultTimeout(60_000) // twenty new passwords are checked at once

type Site = Awaited<ReturnType<typeof annAndEveWithMail>>

const INVALID = 'This link no longer works'

/** The statuses of the page of a link and of its use, in a new browser. */
async function statusesOf({ browser }: Site, purpose: LinkPurpose, token: string) {
  const visitor = browser()
  const opened = await openLink(visitor, purpose, token)
  return [opened.status, (await useOpened(visitor, purpose)).status]
}

const mails = ({ deps }: Site) => deps.db.selectFrom('mails').select('id').execute()

test.each(purposes)('of twenty parallel uses of a $purpose token one has an effect', async (link) => {
  const site = await annAndEveWithMail()
  site.deps.config.limits.account.freeAttempts = 20 // of the page that asks for the password
  const token = await issueTo(site, site.users.ann, link.purpose)
  const visitor = site.browser()
  await openLink(visitor, link.purpose, token)
  const uses = Array.from({ length: 20 }, () => useOpened(visitor.copy(), link.purpose))
  const statuses = (await Promise.all(uses)).map(({ status }) => status)
  expect(statuses.filter((status) => status === 303)).toHaveLength(1)
  expect(statuses.filter((status) => status === 410)).toHaveLength(19)
  expect([link.countEffects(site), (await mails(site)).length]).toEqual([1, link.mails ?? 1])
})

test.each(purposes)('a second use of a $purpose token fails', async ({ purpose, to, leadsToToken = false }) => {
  const site = await annAndEveWithMail()
  const token = await issueTo(site, site.users.ann, purpose)
  const visitor = site.browser()
  await openLink(visitor, purpose, token)
  expect(await useOpened(visitor, purpose)).toMatchObject({ status: 303, to })
  expect(visitor.jar.has('one-time')).toBe(leadsToToken)
  expect(await statusesOf(site, purpose, token)).toEqual([410, 410])
})

const malformed: [what: string, change: (token: string) => string][] = [
  ['empty', () => ''],
  ['42 characters', (token) => token.slice(0, 42)],
  ['44 characters', (token) => `${token}A`],
  ['JSON', (token) => JSON.stringify({ token })],
  ['an array as JSON', (token) => JSON.stringify([token])],
  ['a NUL character', (token) => `${token}\0`],
  ['a space', (token) => ` ${token}`],
  ['another case', (token) => token.toLowerCase() + token.slice(43)],
  ['an invented token', () => 'A'.repeat(43)],
]

test.each(purposes.flatMap((link) => malformed.map(([what, change]) => ({ ...link, what, change }))))(
  'a link for $purpose with $what gets the page of an invalid link and uses nothing up',
  async ({ purpose, path, change, isForm = false }) => {
    const site = await annAndEveWithMail()
    const token = await issueTo(site, site.users.ann, purpose)
    const visitor = site.browser()
    await openLink(visitor, purpose, token) // the page of an earlier link must not remain
    const opened = await openLink(visitor, purpose, change(token))
    expect([opened.status, opened.html.includes(INVALID)]).toEqual([410, true])
    const cookie = { cookie: `one-time=${encodeURIComponent(change(token))}` }
    expect((await site.browser().get(path, cookie)).status).toBe(isForm && change(token) === '' ? 200 : 410)
    expect(await statusesOf(site, purpose, token)).toEqual([200, 303])
  },
)

test.each(purposes)('a link for $purpose without a token, or with two, is refused', async (link) => {
  const { purpose, path, isForm = false } = link
  const site = await annAndEveWithMail()
  const token = await issueTo(site, site.users.ann, purpose)
  const withoutLink = isForm ? 200 : 410
  expect((await site.browser().get(path)).status).toBe(withoutLink)
  const visitor = site.browser()
  expect((await visitor.get(`${path}?token=${token}&token=${token}`)).status).toBe(400)
  await visitor.get(`${path}?token[]=${token}`)
  expect((await visitor.get(path)).status).toBe(withoutLink)
  expect(visitor.jar.has('one-time')).toBe(false)
})

test.each(purposes)('a token of another purpose is no token for $purpose', async ({ purpose }) => {
  const site = await annAndEveWithMail()
  const token = await issueTo(site, site.users.ann, purpose)
  const other = site.deps.db.updateTable('one_time_tokens').set({ purpose: 'another purpose' as LinkPurpose })
  await other.execute()
  expect(await statusesOf(site, purpose, token)).toEqual([410, 410])
})

test.each(purposes)('a $purpose token works one millisecond before its end and not at its end', async (link) => {
  const site = await annAndEveWithMail()
  const [early, late] = [
    await issueTo(site, site.users.ann, link.purpose),
    await issueTo(site, site.users.eve, link.purpose),
  ]
  site.advance(link.lifetime - 1)
  expect(await statusesOf(site, link.purpose, early)).toEqual([200, 303])
  const visitor = site.browser()
  await openLink(visitor, link.purpose, late)
  site.advance(1)
  expect((await useOpened(visitor, link.purpose)).status).toBe(410)
  expect(await statusesOf(site, link.purpose, late)).toEqual([410, 410])
})

test.each(purposes.filter(({ isUnlimited }) => !isUnlimited))(
  'a user has at most three $purpose tokens, and the oldest one gives way',
  async ({ purpose }) => {
    const site = await annAndEveWithMail()
    const other = await issueTo(site, site.users.eve, purpose)
    const tokens: string[] = []
    for (let i = 0; i < 4; i++) {
      tokens.push(await issueTo(site, site.users.ann, purpose))
      site.advance(1)
    }
    const open = async (token: string) => (await openLink(site.browser(), purpose, token)).status
    expect(await Promise.all([...tokens, other].map(open))).toEqual([410, 200, 200, 200, 200])
  },
)

type Event = [name: string, happens: (site: Site) => Promise<unknown>]

const setUser = ({ deps, users }: Site, columns: Record<string, string | number>) =>
  deps.db.updateTable('users').set(columns).where('id', '=', users.ann.id).execute()

const EVENTS = {
  'the password is changed by form': async ({ as }) =>
    (await as(ann)).post('/settings/password', { password: ann.password, new_password: 'seven humming llamas' }),
  'the password is changed by the command line': async ({ deps, users }) => {
    const hash = await hashPassword(deps, 'seven humming llamas')
    await inTransaction(deps, (deps) => changePassword(deps, users.ann, hash, 'command line'), {
      locks: userLocks(users.ann),
    })
  },
  'another row of the account says that the password changed': (site) => setUser(site, { password_version: 2 }),
  'the password is reset by another link': async (site) =>
    statusesOf(site, 'reset-password', await issueTo(site, site.users.ann, 'reset-password')),
  'the address changes': (site) => setUser(site, { email: 'b@example.test', canonical_email: 'b@example.test' }),
  'the account is deactivated': ({ deps, users }) => deactivateUser(deps, users.ann, 'command line'),
  'the account is deactivated and activated': async ({ deps, users }) => {
    await deactivateUser(deps, users.ann, 'command line')
    await activateUser(deps, users.ann, 'command line')
  },
  'the deletion of the account is requested': ({ deps, users }) =>
    requestDeletion(deps, users.ann, { by: users.ann.id }),
  'the account is deleted': ({ deps, users }) => deps.db.deleteFrom('users').where('id', '=', users.ann.id).execute(),
  'nothing happens': async () => undefined,
} satisfies Record<string, (site: Site) => Promise<unknown>>

type EventName = keyof typeof EVENTS

/** The statuses of the page and of the use after each event. */
const matrix: { [P in LinkPurpose]?: Record<EventName, [page: number, use: number]> } = {
  // It belongs to no account yet.
  'sign-up': {
    'the password is changed by form': [200, 303],
    'the password is changed by the command line': [200, 303],
    'another row of the account says that the password changed': [200, 303],
    'the password is reset by another link': [200, 303],
    'the address changes': [200, 303],
    'the account is deactivated': [200, 303],
    'the account is deactivated and activated': [200, 303],
    'the deletion of the account is requested': [200, 303],
    'the account is deleted': [200, 303],
    'nothing happens': [200, 303],
  },
  'reset-password': {
    'the password is changed by form': [410, 410],
    'the password is changed by the command line': [410, 410],
    'another row of the account says that the password changed': [410, 410],
    'the password is reset by another link': [410, 410],
    'the address changes': [410, 410],
    'the account is deactivated': [403, 403],
    'the account is deactivated and activated': [200, 303],
    'the deletion of the account is requested': [200, 303],
    'the account is deleted': [410, 410],
    'nothing happens': [200, 303],
  },
  'verify-email': {
    'the password is changed by form': [200, 422], // the page asks for the new password
    'the password is changed by the command line': [200, 422],
    'another row of the account says that the password changed': [200, 303],
    'the password is reset by another link': [410, 410],
    'the address changes': [410, 410],
    'the account is deactivated': [410, 410],
    'the account is deactivated and activated': [410, 410],
    'the deletion of the account is requested': [410, 410],
    'the account is deleted': [410, 410],
    'nothing happens': [200, 303],
  },
  'change-email': {
    'the password is changed by form': [410, 410],
    'the password is changed by the command line': [410, 410],
    'another row of the account says that the password changed': [200, 303],
    'the password is reset by another link': [410, 410],
    'the address changes': [200, 410],
    'the account is deactivated': [410, 410],
    'the account is deactivated and activated': [410, 410],
    'the deletion of the account is requested': [410, 410],
    'the account is deleted': [410, 410],
    'nothing happens': [200, 303],
  },
  'login-code': {
    'the password is changed by form': [410, 410],
    'the password is changed by the command line': [410, 410],
    'another row of the account says that the password changed': [410, 410],
    'the password is reset by another link': [410, 410],
    'the address changes': [410, 410],
    'the account is deactivated': [410, 410],
    'the account is deactivated and activated': [410, 410],
    'the deletion of the account is requested': [410, 410],
    'the account is deleted': [410, 410],
    'nothing happens': [200, 303],
  },
  'factor-reset-confirm': {
    'the password is changed by form': [410, 410],
    'the password is changed by the command line': [410, 410],
    'another row of the account says that the password changed': [410, 410],
    'the password is reset by another link': [410, 410],
    'the address changes': [410, 410],
    'the account is deactivated': [410, 410],
    'the account is deactivated and activated': [410, 410],
    'the deletion of the account is requested': [410, 410],
    'the account is deleted': [410, 410],
    'nothing happens': [200, 303],
  },
  'factor-reset-finish': {
    'the password is changed by form': [410, 410],
    'the password is changed by the command line': [410, 410],
    'another row of the account says that the password changed': [410, 410],
    'the password is reset by another link': [410, 410],
    'the address changes': [410, 410],
    'the account is deactivated': [410, 410],
    'the account is deactivated and activated': [410, 410],
    'the deletion of the account is requested': [410, 410],
    'the account is deleted': [410, 410],
    'nothing happens': [200, 303],
  },
  'secure-account': {
    'the password is changed by form': [200, 303],
    'the password is changed by the command line': [200, 303],
    'another row of the account says that the password changed': [200, 303],
    'the password is reset by another link': [200, 303],
    'the address changes': [410, 410],
    'the account is deactivated': [200, 200],
    'the account is deactivated and activated': [200, 303],
    'the deletion of the account is requested': [200, 303],
    'the account is deleted': [410, 410],
    'nothing happens': [200, 303],
  },
}

const cells = purposes.flatMap(({ purpose }) =>
  (Object.entries(EVENTS) as Event[]).map(([name, happens]) => ({
    purpose,
    name,
    happens,
    expected: matrix[purpose]?.[name as EventName] ?? [],
  })),
)

test.each(cells)('if $name, a $purpose token answers $expected', async ({ purpose, happens, expected }) => {
  const site = await annAndEveWithMail()
  const token = await issueTo(site, site.users.ann, purpose)
  await happens(site)
  expect(await statusesOf(site, purpose, token)).toEqual(expected)
})

const READS: [what: string, method: string, headers: Record<string, string>][] = [
  ['GET', 'GET', {}],
  ['HEAD', 'HEAD', {}],
  ['a prefetch', 'GET', { 'sec-purpose': 'prefetch' }],
  ['a prerender', 'GET', { 'sec-purpose': 'prefetch;prerender' }],
  ['a request of htmx', 'GET', { 'hx-request': 'true', 'hx-request-type': 'partial' }],
  ['OPTIONS', 'OPTIONS', {}],
]

test.each(purposes.flatMap((link) => READS.map(([what, method, headers]) => ({ ...link, what, method, headers }))))(
  '$what of a $purpose link changes no row and uses no token up',
  async ({ purpose, path, method, headers }) => {
    const site = await annAndEveWithMail()
    const token = await issueTo(site, site.users.ann, purpose)
    const before = await dumpDatabase(site)
    const scanner = site.browser()
    for (let i = 0; i < 10; i++)
      for (const address of [`${path}?token=${token}`, path]) await scanner.ask(address, { method, headers })
    expect(await dumpDatabase(site)).toEqual(before)
    expect(await statusesOf(site, purpose, token)).toEqual([200, 303])
  },
)

test.each(purposes)('no table holds a $purpose token in clear text', async ({ purpose }) => {
  const site = await annAndEveWithMail()
  const token = await issueTo(site, site.users.ann, purpose)
  await openLink(site.browser(), purpose, token)
  expect(JSON.stringify(await dumpDatabase(site))).not.toContain(token)
  expect(JSON.stringify(site.events)).not.toContain(token)
})

test.each(purposes)('an interrupted use of a $purpose token leaves it valid', async ({ purpose }) => {
  const site = await annAndEveWithMail()
  const token = await issueTo(site, site.users.ann, purpose)
  const visitor = site.browser()
  await openLink(visitor, purpose, token)
  site.deps.config.rowCaps.perUser.securityEventsPerGroup = NaN // the last statement of the transaction fails
  expect((await useOpened(visitor, purpose)).status).toBe(500)
  expect(takeLoggedErrors()).toHaveLength(1)
  site.deps.config.rowCaps.perUser.securityEventsPerGroup = 1000
  expect((await useOpened(visitor, purpose)).status).toBe(303)
})
