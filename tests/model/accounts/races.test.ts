import { expect, spyOn, test } from 'bun:test'
import { inTransaction } from '@/deps/transaction'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { hashPassword } from '@/model/passwords/hash'
import { changePassword } from '@/model/accounts/change-password'
import { restoreSession } from '@/model/sessions/remember-me'
import { rotateAfterReauthentication } from '@/model/sessions/rotate'
import { createUser } from '@/model/users/users'
import { minutes, seconds } from '@/lib/duration'
import { annWithOpenRequest, client } from '../../support/open-request'
import { ann, annAndEve, annRemembered, passwordHashOf, authenticateUser } from '../../support/people'

/** Changes ann's password with the code of the settings page. */
const changeTo = (
  { deps, sessionLookup }: Pick<Awaited<ReturnType<typeof annWithOpenRequest>>, 'deps' | 'sessionLookup'>,
  password: string,
) =>
  inTransaction(deps, async (deps) => {
    const renewed = await rotateAfterReauthentication(deps, sessionLookup, client)
    const hash = await hashPassword(deps, password)
    if (renewed)
      await changePassword(deps, sessionLookup.user, hash, sessionLookup.user.id, {
        keepSession: sessionLookup.session,
      })
    return renewed?.token
  })

/** Does something while the next password is being checked. */
function duringTheCheck(act: () => Promise<unknown>) {
  const { verify } = Bun.password
  const spy = spyOn(Bun.password, 'verify').mockImplementationOnce(async (password, hash) => {
    const matches = await verify(password, hash)
    await act()
    return matches
  })
  return () => spy.mockRestore()
}

test('a login whose password is changed, or account deactivated, while it is checked opens no session', async () => {
  const acts: ((site: Awaited<ReturnType<typeof annWithOpenRequest>>) => Promise<unknown>)[] = [
    (site) => changeTo(site, 'five boxing wizards'),
    ({ deps, sessionLookup }) => deactivateUser(deps, sessionLookup.user, 'by hand'),
  ]
  for (const act of acts) {
    const site = await annWithOpenRequest()
    const restore = duringTheCheck(() => act(site))
    const attempt = await site.browser().post('/login', { ...ann, remember: 'yes' })
    restore()
    expect([attempt.status, attempt.set]).toEqual([422, []])
  }
})

test('a re-login with the old password, in flight while it is changed, opens nothing', async () => {
  for (const [env, wait] of [
    [{ FRESH_SECONDS: '1' }, seconds(1)],
    [{}, minutes(5)],
  ] as const) {
    const site = await annWithOpenRequest(env)
    const [owner, thief] = [site.browser(), site.annsBrowser.copy()]
    site.advance(wait)
    await owner.post('/login', ann)
    const restore = duringTheCheck(() =>
      owner.post('/settings/password', { password: ann.password, new_password: 'five boxing wizards' }),
    )
    await thief.post('/relogin', { password: ann.password })
    restore()
    expect(await thief.get('/profile')).toMatchObject({ status: 303 })
    expect((await owner.get('/profile')).status).toBe(200)
  }
})

test('a password is not changed by a session that a thief renewed, or a logout ended, while it was checked', async () => {
  for (const isStolen of [true, false]) {
    const site = await annWithOpenRequest()
    const thief = site.annsBrowser.copy('Another browser')
    const act = async () =>
      isStolen
        ? (await thief.get('/profile'), await thief.post('/relogin', { password: ann.password }))
        : site.annsBrowser.copy().post('/logout')
    const restore = duringTheCheck(act)
    const answer = await site.annsBrowser.post('/settings/password', {
      password: ann.password,
      new_password: 'five boxing wizards',
    })
    restore()
    expect(answer).toMatchObject({ status: 303, to: '/settings/password' })
    expect(answer.set.join()).toContain('flash=password-not-changed')
    expect((await site.browser().post('/login', ann)).status).toBe(303)
  }
})

test('a deactivated user has neither password nor remembered device, and activating revives neither session nor series', async () => {
  const { deps, users, annsBrowser, browser } = await annRemembered()
  await deps.db.updateTable('users').set({ deactivated_at: deps.now() }).where('id', '=', users.ann.id).execute()
  expect(await authenticateUser(deps, ann.email, ann.password)).toBeUndefined()
  expect(await restoreSession(deps, annsBrowser.jar.get('remember') ?? '', client)).toEqual({ kind: 'unknown' })

  await activateUser(deps, users.ann, 'by hand')
  const again = browser()
  await again.post('/login', { ...ann, remember: 'yes' })
  const remembered = again.jar.get('remember') ?? ''
  await deactivateUser(deps, users.ann, 'by hand')
  await activateUser(deps, users.ann, 'by hand')
  expect(await restoreSession(deps, remembered, client)).toEqual({ kind: 'unknown' })
  expect((await again.get('/profile')).status).toBe(303)
})

test('a hash that is made anew does not undo a change of password', async () => {
  const site = await annAndEve()
  const user = await authenticateUser(site.deps, ann.email, ann.password)
  site.deps.config.passwords.cost.time = 2
  const { hash } = Bun.password
  // While the old password is hashed at the new cost, another request changes it.
  Bun.password.hash = (async (...parameters: Parameters<typeof hash>) => {
    Bun.password.hash = hash
    await site.deps.db
      .updateTable('users')
      .set({ password_hash: 'changed' })
      .where('id', '=', user?.id ?? '')
      .execute()
    return hash(...parameters)
  }) as typeof hash
  await authenticateUser(site.deps, ann.email, ann.password)
  expect(await passwordHashOf(site)).toBe('changed')
})

test('a change of password that was overtaken changes nothing', async () => {
  const site = await annWithOpenRequest()
  site.advance(minutes(1))
  expect(await changeTo(site, 'five boxing wizards')).toBeString()
  expect(await changeTo(site, 'seven humming llamas')).toBeUndefined()
  expect((await site.browser().post('/login', { ...ann, password: 'five boxing wizards' })).status).toBe(303)
  const read = site.deps.db.selectFrom('users').select(['password_version', 'password_changed_at'])
  expect(await read.where('email', '=', ann.email).executeTakeFirst()).toEqual({
    password_version: 2,
    password_changed_at: site.deps.now(),
  })
})

test('what fails halfway through a transaction leaves nothing', async () => {
  const { deps } = await annAndEve()
  const abe = { email: 'abe@example.test', name: 'Abe', password: 'x' }
  const failing = inTransaction(deps, async (deps) => {
    await createUser(deps, abe)
    throw new Error('halfway')
  })
  await failing.catch(() => undefined)
  expect(await deps.db.selectFrom('users').select('name').where('name', '=', 'Abe').execute()).toEqual([])
})
