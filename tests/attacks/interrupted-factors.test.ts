import { engineOf, setEngine } from '@db/engine/engine'
import { expect, test } from 'bun:test'
import type { KyselyPlugin } from 'kysely'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import type { Deps } from '@/deps/deps'
import { removeApp } from '@/model/accounts/factors/change-apps'
import { completeLogin } from '@/model/accounts/complete-login'
import { finishReset, startWaiting } from '@/model/accounts/factors/delayed-reset'
import { resetFactors } from '@/model/accounts/factors/reset-factors'
import { activateRecoveryCodes } from '@/model/accounts/factors/two-step'
import { verifySecondFactor } from '@/model/accounts/factors/verify-second-factor'
import { addRecoveryCodes, createRecoveryCodes } from '@/model/recovery-codes/recovery-codes'
import { startSession } from '@/model/sessions/sessions'
import { findUser } from '@/model/users/users'
import { addApp } from '../support/add-factors'
import { dumpDatabase } from '../support/dump-database'
import { annsPassword, annWhoLostFactors } from '../support/factor-resets'
import { issueTo } from '../support/one-time-links'
import { client } from '../support/open-request'
import { annAndEve } from '../support/people'
import type { Site } from '../support/site'

// The process dies between any two statements. Then the change happened as a whole, or not at all.

class Killed extends Error {}

/** Throws instead of the statement with this number. */
const killAt = (number: number): KyselyPlugin => {
  let count = 0
  return {
    transformQuery({ node }) {
      if (++count === number) throw new Killed()
      return node
    },
    transformResult: ({ result }) => Promise.resolve(result),
  }
}

type People = Pick<Awaited<ReturnType<typeof annAndEve>>, 'deps' | 'users'>
type Change = { site: Pick<Site, 'deps'>; change(deps: Deps): Promise<unknown> }

async function annsUser({ deps, users }: People) {
  const found = await findUser(deps, users.ann.id)
  if (!found) throw new Error('ann is gone')
  return found
}

async function sessionOf(site: People) {
  const user = await annsUser(site)
  const start = { origin: 'password', amr: ['password', 'totp'], isFresh: true } as const
  const started = await inTransaction(site.deps, (deps) => startSession(deps, user, client, start), {
    locks: userLocks(user),
  })
  if (!started) throw new Error('no session started')
  return started.session
}

const CHANGES: [name: string, prepare: () => Promise<Change>][] = [
  [
    'the end of the set-up',
    async () => {
      const site = await annAndEve({ MAIL_URL: 'mailbox:' })
      await addApp(site, site.users.ann)
      await site.deps.db.updateTable('users').set({ two_step_setup_at: 1 }).execute()
      await addRecoveryCodes(site.deps, site.users.ann, await createRecoveryCodes(site.deps))
      const session = await sessionOf(site)
      const change = (deps: Deps) =>
        inTransaction(deps, (deps) => activateRecoveryCodes(deps, site.users.ann, { session, client }), {
          locks: userLocks(site.users.ann),
        })
      return { site, change }
    },
  ],
  [
    'the removal of the last factor',
    async () => {
      const site = await annWhoLostFactors()
      const [user, session] = [await annsUser(site), await sessionOf(site)]
      const removal = { session, client, isConfirmed: true, everywhere: true }
      return {
        site,
        change: (deps) =>
          inTransaction(deps, (deps) => removeApp(deps, user, site.app.id, removal), { locks: userLocks(user) }),
      }
    },
  ],
  [
    'a login with a code',
    async () => {
      const site = await annWhoLostFactors()
      const anns = await annsPassword(site)
      const check = await verifySecondFactor(
        site.deps,
        await annsUser(site),
        { code: await site.app.code() },
        client,
        'login',
      )
      if (check.kind !== 'ok') throw new Error(check.kind)
      const browser = { client, secrets: {}, sessionLookup: undefined, rememberFor: 1000 }
      const step = { method: check.method, use: check.use, trust: true }
      return { site, change: (deps) => completeLogin(deps, anns.jar.get('pending') ?? '', browser, step) }
    },
  ],
  [
    'the start of a waiting period',
    async () => {
      const site = await annWhoLostFactors()
      const token = await issueTo(site, site.users.ann, 'factor-reset-confirm')
      return { site, change: (deps) => startWaiting(deps, { token, client }) }
    },
  ],
  [
    'the end of a delayed reset',
    async () => {
      const site = await annWhoLostFactors()
      await sessionOf(site)
      const token = await issueTo(site, site.users.ann, 'factor-reset-finish')
      return { site, change: (deps) => finishReset(deps, { token, client }) }
    },
  ],
  [
    'a reset by an admin',
    async () => {
      const site = await annWhoLostFactors()
      await sessionOf(site)
      return { site, change: (deps) => resetFactors(deps, site.users.ann, 'command line') }
    },
  ],
]

test.each(CHANGES)('%s happens as a whole or not at all', async (_, prepare) => {
  const { site, change } = await prepare()
  const before = await dumpDatabase(site)
  let killed = 0
  for (let number = 1; ; number++) {
    const db = site.deps.db.withPlugin(killAt(number))
    setEngine(db, engineOf(site.deps.db))
    const deps = { ...site.deps, db }
    const outcome = await change(deps).then(
      () => 'done',
      (error: unknown) => {
        if (error instanceof Killed) return 'killed'
        throw error
      },
    )
    if (outcome === 'done') break
    killed++
    expect([number, await dumpDatabase(site)]).toEqual([number, before])
  }
  expect(killed).toBeGreaterThan(3)
  expect(await dumpDatabase(site)).not.toEqual(before)
})
