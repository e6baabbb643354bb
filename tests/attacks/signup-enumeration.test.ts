import { expect, setDefaultTimeout, spyOn, test } from 'bun:test'
import { days } from '@/lib/duration'
import { sha256 } from '@/lib/encoding'
import { deactivateUser } from '@/model/accounts/deactivate'
import { requestDeletion } from '@/model/accounts/request-deletion'
import { createUser } from '@/model/users/users'
import type { Answer, Browser } from '../support/browser'
import { smtpErrors } from '../support/mailbox'
import { annAndEveWithMail } from '../support/one-time-links'
import { ann, eve } from '../support/people'
import { statementsDuring } from '../support/statements'

setDefaultTimeout(60_000)

// With EMAIL_VERIFICATION=required nothing reveals whether an address has an account.

const fields = { name: 'Zoe', password: 'violet marmalade kettle' }
const NEW = 'zoe@example.test'

/** As long as each other, so that pages have the same length. */
const ADDRESSES = {
  new: NEW,
  taken: ann.email,
  pending: 'abe@example.test',
  reserved: 'old@example.test',
  deactivated: eve.email,
  'scheduled for deletion': 'bob@example.test',
}

async function siteWithAll() {
  const site = await annAndEveWithMail({ EMAIL_VERIFICATION: 'required', TRUST_PROXY: '1' })
  const { deps, users } = site
  await site.browser().post('/signup', { ...fields, email: ADDRESSES.pending })
  await deactivateUser(deps, users.eve, 'command line')
  const bob = await createUser(deps, { ...fields, email: ADDRESSES['scheduled for deletion'] })
  if (!bob) throw new Error('the address of a test person is taken')
  await requestDeletion(deps, bob, { by: bob.id })
  const change = {
    id: 'a change',
    user_id: users.ann.id,
    new_email: ann.email,
    new_canonical_email: ann.email,
    old_email: ADDRESSES.reserved,
    old_canonical_email: ADDRESSES.reserved,
    requested_at: deps.now(),
    changed_at: deps.now(),
    undo_expires_at: deps.now() + days(7),
  }
  await deps.db.insertInto('email_changes').values(change).execute()
  await site.deliverMail()
  site.mailbox.mails.length = 0
  return site
}

/** All that a browser sees, without the typed address and the secret of the new cookie. Pages are long, so only a hash. */
function seen({ status, to, html, set, headers }: Answer, email: string) {
  const all = JSON.stringify([to, html, set, [...headers]])
  const comparable = all.replaceAll(email, '(typed)').replaceAll(/flow=[\w-]{43};/g, 'flow=(secret);')
  return `${status} ${/<h1>(.*?)<\/h1>/.exec(html)?.[1] ?? to} ${sha256(comparable).slice(0, 12)}`
}

type Visitor = { email: string; browser: Browser }

/** The responses and mails that each address gets for the same steps. */
async function compare(
  site: Awaited<ReturnType<typeof siteWithAll>>,
  steps: (visitor: Visitor) => Promise<Answer[]>,
): Promise<string[][]> {
  const all: string[][] = []
  for (const email of Object.values(ADDRESSES)) {
    const answers = await steps({ email, browser: site.browser() })
    all.push(answers.map((answer) => seen(answer, email)))
  }
  return all
}

const expectAlike = (all: string[][]) => expect(all).toEqual(all.map(() => all[0] ?? []))

const signUp = ({ email, browser }: Visitor, headers = {}) => browser.post('/signup', { ...fields, email }, headers)

test.each([
  ['plain', {}],
  ['htmx', { 'hx-request': 'true', 'hx-request-type': 'partial' }],
])('every address gets the same bytes, headers, cookies and next page after a sign-up: %s', async (_, headers) => {
  const site = await siteWithAll()
  const all = await compare(site, async (visitor) => [
    await signUp(visitor, headers),
    await visitor.browser.get('/verify-email', headers),
    await visitor.browser.post('/verify-email/resend', {}, headers),
    await visitor.browser.get('/verify-email', headers),
  ])
  expectAlike(all)
  expect(all[0]?.[1]).toContain('Check your email')
})

test.each([
  ['before the mail job ran', async () => undefined],
  ['after the mails were sent', ({ deliverMail }: { deliverMail: () => Promise<void> }) => deliverMail()],
  [
    'while the mail server refuses each mail for now',
    async ({ deliverMail, mailbox }: Awaited<ReturnType<typeof siteWithAll>>) => {
      mailbox.refuseWith(smtpErrors.mailboxFull)
      await deliverMail()
    },
  ],
  [
    'while the mail server fails',
    async ({ deliverMail, mailbox }: Awaited<ReturnType<typeof siteWithAll>>) => {
      mailbox.failWith(smtpErrors.refused)
      await deliverMail()
    },
  ],
])('every address gets the same answers to six wrong codes, %s', async (when, happens) => {
  const site = await siteWithAll()
  const visitors = Object.values(ADDRESSES).map((email) => ({ email, browser: site.browser() }))
  for (const visitor of visitors) await signUp(visitor)
  await happens(site)
  const all: string[][] = []
  for (const [n, { email, browser }] of visitors.entries()) {
    const answers: string[] = []
    const from = { 'x-forwarded-for': `192.0.2.${n}` } // a source of its own, else the limit refuses the last ones
    for (let i = 0; i < 6; i++)
      answers.push(seen(await browser.post('/verify-email', { code: '00000000' }, from), email))
    all.push(answers)
  }
  expectAlike(all)
  const statuses = all[0]?.map((answer) => Number.parseInt(answer, 10))
  expect(statuses).toEqual(
    when === 'after the mails were sent' ? [422, 422, 422, 422, 410, 410] : [422, 422, 422, 422, 422, 422],
  )
})

test('a sign-up and a wrong code cost one hash and the same statements for every address', async () => {
  const site = await siteWithAll()
  const spies = [spyOn(Bun.password, 'hash'), spyOn(Bun.password, 'verify')]
  const cost = async (work: () => Promise<unknown>) => {
    for (const spy of spies) spy.mockClear()
    const statements = await statementsDuring(site.deps, work)
    return [statements, ...spies.map(({ mock }) => mock.calls.length)]
  }
  const costs = []
  for (const email of Object.values(ADDRESSES)) {
    const visitor = { email, browser: site.browser() }
    const signedUp = await cost(() => signUp(visitor))
    await site.deliverMail()
    costs.push([signedUp, await cost(() => visitor.browser.post('/verify-email', { code: '00000000' }))])
  }
  for (const spy of spies) spy.mockRestore()
  for (const one of costs) expect(one).toEqual(costs[0] ?? [])
  expect([costs[0]?.[0]?.slice(1), costs[0]?.[1]?.slice(1)]).toEqual([
    [1, 0],
    [0, 1],
  ])
})

test('the mailbox of each address gets the mail that fits, and only a new one gets a link and a code', async () => {
  const site = await siteWithAll()
  for (const email of Object.values(ADDRESSES)) await signUp({ email, browser: site.browser() })
  await site.deliverMail()
  const found = Object.fromEntries(site.mailbox.mails.map((mail) => [mail.to, mail]))
  for (const [kind, email] of Object.entries(ADDRESSES)) {
    const isNew = kind === 'new' || kind === 'pending'
    const text = found[email]?.text ?? ''
    expect([kind, found[email]?.subject]).toEqual([
      kind,
      isNew ? 'Confirm your email address' : 'You already have an account',
    ])
    expect([kind, text.includes('token='), /^\d{4} \d{4}$/m.test(text)]).toEqual([kind, isNew, isNew])
    expect([kind, text.includes('This account will be deleted on Jan 15, 2030.')]).toEqual([
      kind,
      kind === 'scheduled for deletion',
    ])
    expect(text).not.toContain('Zoe')
  }
  expect(site.mailbox.mails).toHaveLength(6)
})

test('no pending sign-up blocks the address, and none of a taken address becomes an account', async () => {
  const site = await siteWithAll()
  const eves = site.browser()
  await signUp({ email: ann.email, browser: eves })
  await site.deliverMail()
  const tokens = await site.deps.db.selectFrom('one_time_tokens').select(['purpose', 'canonical_email']).execute()
  expect(tokens).toContainEqual({ purpose: 'sign-up', canonical_email: ann.email }) // a row that no mail has a code for
  expect((await site.browser().post('/login', { ...ann, password: fields.password })).status).toBe(422)
  expect((await site.browser().post('/login', ann)).status).toBe(303)
})
