import { expect, test } from 'bun:test'
import { inTransaction } from '@/deps'
import type { Listeners } from '@/events'
import { deactivateUser } from '@/model/deactivation'
import { takeErrors } from '../support/no-stray-errors'
import { ann, annAndEve, annLoggedIn } from '../support/people'

test('a listener that fails, at once or later, or never comes back, breaks no request', async () => {
  const failures: (() => unknown)[] = [
    () => {
      throw new Error('the listener fell over')
    },
    async () => {
      throw new Error('the listener fell over')
    },
    () => new Promise(() => undefined),
  ]
  for (const fail of failures) {
    const { browser } = await annAndEve({}, { on: { 'logged-in': fail } })
    expect(await browser().post('/login', ann)).toMatchObject({ status: 303, to: '/profile' })
    await Bun.sleep(0)
    const errors = takeErrors()
    expect(errors.map(({ msg, err }) => [msg, err?.message])).toEqual(
      fail === failures[2] ? [] : [['a listener failed', 'the listener fell over']],
    )
  }
})

test('what is told is true already: a listener finds it in the database, and does not wait for a lock', async () => {
  const found = Promise.withResolvers<unknown>()
  const on: Listeners = {
    'user-deactivated': ({ userId }, { db }) =>
      found.resolve(db.selectFrom('users').select('deactivated_at').where('id', '=', userId).executeTakeFirst()),
  }
  const { annsBrowser, users, deps } = await annLoggedIn({}, { on })
  await deps.db.updateTable('users').set({ role: 'admin' }).where('id', '=', users.ann.id).execute()
  await annsBrowser.post(`/admin/users/${users.eve.id}/deactivate`)
  expect(await found.promise).toEqual({ deactivated_at: deps.now() })
})

test('what is undone is not told, and what is done is told after it', async () => {
  const { deps, users, events } = await annAndEve()
  const before = events.length
  const undone = inTransaction(deps, async (deps) => {
    deps.tell({ kind: 'user-activated', userId: users.ann.id, by: 'by hand' })
    throw new Error('no')
  })
  await expect(undone).rejects.toThrow('no')
  await inTransaction(deps, async (deps) => {
    deps.tell({ kind: 'user-activated', userId: users.eve.id, by: 'by hand' })
    expect(events).toHaveLength(before)
  })
  expect(events.slice(before)).toEqual([{ kind: 'user-activated', userId: users.eve.id, by: 'by hand' }])
})

test('a failed login tells the house why, and eve only that it failed', async () => {
  const { browser, events, deps, users } = await annAndEve()
  const page = async (fields: Record<string, string>) => {
    const { status, html } = await browser().post('/login', fields)
    expect(status).toBe(422)
    return html.replaceAll(fields['email'] ?? '', '')
  }
  const wrong = await page({ email: ann.email, password: 'x' })
  expect(await page({ email: 'nobody@example.test', password: 'x' })).toBe(wrong)
  await deactivateUser(deps, users.ann, 'by hand')
  expect(await page(ann)).toBe(wrong)
  expect(events.filter(({ kind }) => kind === 'login-failed')).toEqual([
    { kind: 'login-failed', reason: 'wrong-password', userId: users.ann.id },
    { kind: 'login-failed', reason: 'unknown-address', userId: undefined },
    { kind: 'login-failed', reason: 'deactivated', userId: users.ann.id },
  ])
})

test('an event holds ids, and neither names nor addresses nor secrets', async () => {
  const site = await annAndEve()
  const browser = site.browser()
  await browser.post('/login', { ...ann, remember: 'yes' })
  const { html } = await browser.post('/settings/tokens', { name: 'x', scopes: 'profile:read', expires_days: '1' })
  await browser.get('/admin/users?token=secret')
  const told = JSON.stringify(site.events)
  const secrets = [ann.email, ann.name, ann.password, /lk_[0-9a-z]{57}/.exec(html)?.[0], ...browser.jar.values()]
  for (const secret of [...secrets, 'token=secret']) expect(told).not.toContain(secret ?? 'nothing')
})
