import { expect, spyOn, test } from 'bun:test'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { hashPassword } from '@/model/passwords/hash'
import { changePassword } from '@/model/accounts/change-password'
import { restoreSession } from '@/model/sessions/remember-me'
import { rotateAfterReauthentication } from '@/model/sessions/rotate'
import { createUser } from '@/model/users/users'
import type { Deps } from '@/deps/deps'
import type { User } from '@/model/types'
import { secureAccount } from '@/model/accounts/secure-account'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { minutes, seconds } from '@/lib/duration'
import { annWithOpenRequest, client } from '../../support/open-request'
import { ann, annAndEve, annRemembered, passwordHashOf, authenticateUser } from '../../support/people'

const secure = (deps: Deps, user: User) =>
  inTransaction(
    deps,
    async (deps) => secureAccount(deps, await issueOneTimeToken(deps, 'secure-account', user), '', client),
    { locks: userLocks(user) },
  )

/** Uses the code of the settings page. */
const changeTo = (
  { deps, sessionLookup }: Pick<Awaited<ReturnType<typeof annWithOpenRequest>>, 'deps' | 'sessionLookup'>,
  password: string,
) =>
  inTransaction(
    deps,
    async (deps) => {
      const rotated = await rotateAfterReauthentication(deps, sessionLookup, client, { methods: ['password'] })
      const hash = await hashPassword(deps, password)
      if (rotated.kind === 'rotated')
        await changePassword(deps, sessionLookup.user, hash, sessionLookup.user.id, {
          keepSession: sessionLookup.session,
        })
      return rotated.kind === 'rotated' ? rotated.token : undefined
    },
    { locks: userLocks(sessionLookup.user) },
  )

function duringPasswordCheck(act: () => Promise<unknown>) {
  const { verify } = Bun.password
  const spy = spyOn(Bun.password, 'verify').mockImplementationOnce(async (password, hash) => {
    const matches = await verify(password, hash)
    await act()
    return matches
  })
  return () => spy.mockRestore()
}

test('a login starts no session if the password changes, or the account is deactivated or secured, during the password check', async () => {
  const acts: ((site: Awaited<ReturnType<typeof annWithOpenRequest>>) => Promise<unknown>)[] = [
    (site) => changeTo(site, 'five boxing wizards'),
    ({ deps, sessionLookup }) => deactivateUser(deps, sessionLookup.user, 'command line'),
    ({ deps, sessionLookup: { user } }) => secure(deps, user),
  ]
  for (const act of acts) {
    const site = await annWithOpenRequest()
    const restore = duringPasswordCheck(() => act(site))
    const login = await site.browser().post('/login', { ...ann, remember: 'yes' })
    restore()
    expect([login.status, login.set]).toEqual([422, []])
  }
})

test('a re-login with the old password starts nothing if the password changes meanwhile', async () => {
  for (const [env, wait] of [
    [{ FRESH_SECONDS: '1' }, seconds(1)],
    [{}, minutes(5)],
  ] as const) {
    const site = await annWithOpenRequest(env)
    const [owner, attacker] = [site.browser(), site.annsBrowser.copy()]
    site.advance(wait)
    await owner.post('/login', ann)
    const restore = duringPasswordCheck(() =>
      owner.post('/settings/password', { password: ann.password, new_password: 'five boxing wizards' }),
    )
    await attacker.post('/relogin', { password: ann.password })
    restore()
    expect(await attacker.get('/profile')).toMatchObject({ status: 303 })
    expect((await owner.get('/profile')).status).toBe(200)
  }
})

test('a session that was rotated or ended during the password check does not change the password', async () => {
  for (const isStolen of [true, false]) {
    const site = await annWithOpenRequest()
    const attacker = site.annsBrowser.copy('Another browser')
    const act = async () =>
      isStolen
        ? (await attacker.get('/profile'), await attacker.post('/relogin', { password: ann.password }))
        : site.annsBrowser.copy().post('/logout')
    const restore = duringPasswordCheck(act)
    const response = await site.annsBrowser.post('/settings/password', {
      password: ann.password,
      new_password: 'five boxing wizards',
    })
    restore()
    expect(response).toMatchObject({ status: 303, to: '/settings/password' })
    expect(response.set.join()).toContain('flash=password-not-changed')
    expect((await site.browser().post('/login', ann)).status).toBe(303)
  }
})

test('a deactivated user cannot log in or restore a session, and activation restores neither session nor series', async () => {
  const { deps, users, annsBrowser, browser } = await annRemembered()
  await deps.db.updateTable('users').set({ deactivated_at: deps.now() }).where('id', '=', users.ann.id).execute()
  expect(await authenticateUser(deps, ann.email, ann.password)).toBeUndefined()
  expect(await restoreSession(deps, annsBrowser.jar.get('remember') ?? '', client)).toEqual({
    kind: 'unknown',
  })

  await activateUser(deps, users.ann, 'command line')
  const newBrowser = browser()
  await newBrowser.post('/login', { ...ann, remember: 'yes' })
  const remembered = newBrowser.jar.get('remember') ?? ''
  await deactivateUser(deps, users.ann, 'command line')
  await activateUser(deps, users.ann, 'command line')
  expect(await restoreSession(deps, remembered, client)).toEqual({ kind: 'unknown' })
  expect((await newBrowser.get('/profile')).status).toBe(303)
})

test('a session that ended when the account was secured is not continued, even once the account is open again', async () => {
  const { deps, sessionLookup } = await annWithOpenRequest()
  const { session, user } = sessionLookup
  await secure(deps, user)
  await deps.db.updateTable('users').set({ secured_at: null }).where('id', '=', user.id).execute()
  const ended = { kind: 'ended', session, user, reason: 'secured' } as const
  expect(
    await inTransaction(deps, (deps) => rotateAfterReauthentication(deps, ended, client, { methods: ['password'] }), {
      locks: userLocks(ended.user),
    }),
  ).toEqual({ kind: 'rejected' })
})

test('a rehash does not undo a password change', async () => {
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

test('a password change that loses a race changes nothing', async () => {
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

test('a transaction that fails halfway writes nothing', async () => {
  const { deps } = await annAndEve()
  const abe = { email: 'abe@example.test', name: 'Abe', password: 'x' }
  const failing = inTransaction(
    deps,
    async (deps) => {
      await createUser(deps, abe)
      throw new Error('halfway')
    },
    { locks: [] },
  )
  await failing.catch(() => undefined)
  expect(await deps.db.selectFrom('users').select('name').where('name', '=', 'Abe').execute()).toEqual([])
})
