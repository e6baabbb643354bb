import { expect, test } from 'bun:test'
import { inTransaction } from '@/deps/transaction'
import type { Listeners } from '@/http/types/auth-options'
import { adminTest } from '../support/features'
import { logLines, takeLoggedErrors } from '../support/no-stray-errors'
import { ann, annAndEve, annLoggedIn } from '../support/people'

test('a transaction that rolls back emits no event, and a committed one emits its events after the commit', async () => {
  const { deps, users, events } = await annLoggedIn()
  const signedUp = { kind: 'signed-up', userId: users.ann.id, role: 'user', by: users.ann.id } as const
  events.length = 0
  const failed = inTransaction(
    deps,
    async (deps) => {
      deps.emit(signedUp)
      throw new Error('rollback')
    },
    { locks: [] },
  )
  await expect(failed).rejects.toThrow('rollback')
  expect(events).toEqual([])
  await inTransaction(
    deps,
    async (deps) => {
      deps.emit(signedUp)
      expect(events).toEqual([])
    },
    { locks: [] },
  )
  expect(events).toEqual([signedUp])
})

test('a listener that throws, rejects or hangs breaks no request and no other listener, and its error is logged', async () => {
  const received: string[] = []
  const on: Listeners = {
    'access-denied': () => {
      throw new Error('sync error')
    },
    'logged-in': async () => {
      throw new Error('async error')
    },
    'logged-out': () => new Promise(() => undefined),
    'session-ended': ({ reason }, { now }) => received.push(`${reason} ${now() > 0}`),
  }
  const { browser, events } = await annAndEve({}, { on })
  const anns = browser()
  expect((await anns.get('/profile')).to).toBe('/login?next=%2Fprofile')
  expect((await anns.post('/login', ann)).to).toBe('/profile')
  expect((await anns.post('/logout')).to).toBe('/')
  expect(takeLoggedErrors()).toMatchObject([
    { msg: 'event listener failed', kind: 'access-denied', err: { message: 'sync error' } },
    { msg: 'event listener failed', kind: 'logged-in', err: { message: 'async error' } },
  ])
  expect(received).toEqual(['logout true'])
  expect(events.map(({ kind }) => kind)).toEqual([
    'signed-up',
    'signed-up',
    'access-denied',
    'logged-in',
    'session-ended',
    'logged-out',
  ])
  expect(logLines.join()).not.toContain(ann.email)
})

adminTest('a listener reads the committed change from the database without waiting for a lock', async () => {
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

test('events contain ids and no names, email addresses or secrets', async () => {
  const site = await annAndEve()
  const browser = site.browser()
  await browser.post('/login', { ...ann, remember: 'yes' })
  const { html } = await browser.post('/settings/tokens', { name: 'x', scopes: 'profile:read', expires_days: '1' })
  await browser.get('/admin/users?token=secret')
  const events = JSON.stringify(site.events)
  const secrets = [
    ann.email,
    ann.name,
    ann.password,
    /id="new-token"[^>]*>(\w+)</.exec(html)?.[1],
    ...browser.jar.values(),
  ]
  for (const secret of [...secrets, 'token=secret']) expect(events).not.toContain(secret ?? 'nothing')
})
