import { expect, test } from 'bun:test'
import { days } from '@/lib/duration'
import { moveTo, requestMove } from '../support/email-changes'
import { NEW_PASSWORD } from '../support/link-purposes'
import { annAndEveWithMail, issueTo, openLink, useOpened } from '../support/one-time-links'
import { ann } from '../support/people'
import { makeToken } from '../support/tokens'

// Account pre-hijacking: Eve signs up with Ann's address, prepares the account, and waits until Ann takes it over.

type Site = Awaited<ReturnType<typeof annAndEveWithMail>>

const EVES = 'mallory@example.test'

const rowOf = ({ deps, users }: Site) =>
  deps.db.selectFrom('users').selectAll().where('id', '=', users.ann.id).executeTakeFirstOrThrow()

const update = ({ deps, users }: Site, values: Record<string, number | null>) =>
  deps.db.updateTable('users').set(values).where('id', '=', users.ann.id).execute()

async function reset(site: Site) {
  const owner = site.browser()
  await owner.post('/forgot-password', { email: ann.email })
  await site.deliverMail()
  const text = site.mailbox.mails.findLast(({ subject }) => subject === 'Reset your password')?.text ?? ''
  await openLink(owner, 'reset-password', /token=([\w-]{43})/.exec(text)?.[1] ?? '')
  expect((await useOpened(owner, 'reset-password')).to).toBe('/login')
}

const countOf = async ({ deps, users }: Site, table: 'known_devices' | 'email_changes' | 'previous_password_hashes') =>
  (await deps.db.selectFrom(table).select('id').where('user_id', '=', users.ann.id).execute()).length

test('an unconfirmed account is only that of the owner of the mailbox after a reset', async () => {
  const site = await annAndEveWithMail()
  const { deps, users } = site
  const [session, device] = [await site.as(ann), site.browser('Phone')]
  await device.post('/login', { ...ann, remember: 'yes' })
  device.close()
  const { text } = await makeToken(deps, users.ann, { name: 'x', scopes: [], lifetime: days(1) })
  await moveTo(site, users.ann, EVES)
  await moveTo(site, users.ann, ann.email) // so that Eve's mailbox could undo that
  await requestMove(site, users.ann, EVES)
  await update(site, { email_verified_at: null, new_device_muted_at: 1, email_declined_at: 1 })

  await reset(site)

  expect((await session.get('/profile')).status).toBe(303)
  expect((await device.get('/profile')).status).toBe(303)
  const bearer = { headers: { authorization: `Bearer ${text}` } }
  expect((await site.browser().ask('/api/me', bearer)).status).toBe(401)
  expect(await rowOf(site)).toMatchObject({
    email: ann.email,
    email_verified_at: deps.now(),
    new_device_muted_at: null,
    email_declined_at: null,
  })
  expect(await countOf(site, 'known_devices')).toBe(0)
  expect(await countOf(site, 'email_changes')).toBe(0)
  expect(await countOf(site, 'previous_password_hashes')).toBe(0)
  expect((await site.browser().post('/login', ann)).status).toBe(422)
  expect((await site.browser().post('/login', { ...ann, password: NEW_PASSWORD })).status).toBe(303)
})

test('a link that the former owner of an unconfirmed account got at another address secures nothing', async () => {
  const site = await annAndEveWithMail()
  await moveTo(site, site.users.ann, EVES)
  const token = await issueTo(site, site.users.ann, 'secure-account')
  await moveTo(site, site.users.ann, ann.email)
  await update(site, { email_verified_at: null })
  await reset(site)
  const eves = site.browser()
  expect((await openLink(eves, 'secure-account', token)).status).toBe(410)
  expect((await eves.post('/secure-account', { password: ann.password })).status).toBe(410)
  expect(await rowOf(site)).toMatchObject({ email: ann.email, secured_at: null })
})

test('a reset of a confirmed account keeps its settings and the way to undo a change of address', async () => {
  const site = await annAndEveWithMail()
  await moveTo(site, site.users.ann, EVES)
  await moveTo(site, site.users.ann, ann.email)
  await update(site, { new_device_muted_at: 1, email_declined_at: 1 })
  const { email_verified_at } = await rowOf(site)
  site.advance(days(1))
  await reset(site)
  expect(await rowOf(site)).toMatchObject({ email_verified_at, new_device_muted_at: 1, email_declined_at: null })
  expect([await countOf(site, 'email_changes'), await countOf(site, 'previous_password_hashes')]).toEqual([2, 1])
})
