import type { KyselyPlugin } from 'kysely'
import { createApp } from '@/app'
import { auth } from '@/auth'
import { readConfig, type Config } from '@/config/env'
import { openDeps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { deactivateUser } from '@/model/accounts/deactivate'
import { startSession } from '@/model/sessions/sessions'
import { createUser, findUser } from '@/model/users/users'
import { startRetentionJob } from '@/retention-job'
import { probe } from '../support/probe'
import type { Order } from './site'

// The server that a proof asks, in a process of its own: `bun tests/proofs/serve.ts [cheap] [slow]`. It is the site as
// `bun run start` has it, but for what `settingsOf` says, and for a clock and a back door that its parent has a hand on.
const CHEAP = { memory: 8, time: 1 }

/**
 * Lets other requests in between any two statements, as a database at the other end of a wire would: with the file on this
 * machine a request is done before the next one begins, and hides what is not decided by one statement.
 */
const slowed: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  async transformResult({ result }) {
    await Bun.sleep(Math.random() < 0.5 ? 0 : 1)
    return result
  },
}

const NONE = { source: [], network: [] }

/** Nobody waits: what is proved takes many tries by one source. */
const unlimited = {
  account: { freeAttempts: Infinity, firstDelay: 0, maxDelay: 0, max: Infinity },
  device: { freeAttempts: Infinity, firstDelay: 0, maxDelay: 0, max: Infinity },
  login: NONE,
  signup: NONE,
  'new-account': NONE,
}

/** The one place where a proof's server differs from the settings that it proves something about. */
const settingsOf = (config: Config): Config => ({
  ...config,
  passwords: { ...config.passwords, cost: Bun.argv.includes('cheap') ? CHEAP : config.passwords.cost },
  limits: { ...unlimited },
})

let [ahead, held] = [0, 0]
const config = readConfig()
const opened = await openDeps(settingsOf(config))
const db = Bun.argv.includes('slow') ? opened.db.withPlugin(slowed) : opened.db
const deps = { ...opened, db, now: () => (held || Date.now()) + ahead }
const { host, port } = config
// A connection may be open for a while before it is its turn.
createApp(deps, { auth, features: [probe] }).app.listen({ hostname: host, port, reusePort: false, idleTimeout: 60 })
startRetentionJob(deps, new AbortController().signal)

/**
 * The site's own limits, but for those by source: all that a proof asks comes from one. Meanwhile the clock stands still, so
 * that no wait ends while others are still being asked for.
 */
function limit(isOn: boolean) {
  held = isOn ? Date.now() : 0
  const { account, device, signup } = config.limits
  Object.assign(deps.config.limits, isOn ? { account, device, signup } : unlimited)
}

async function obey(order: Order) {
  if (order.kind === 'pass') return void (ahead += order.ms)
  if (order.kind === 'limit') return limit(order.isOn)
  if (order.kind === 'create') return (await createUser(deps, order.person, order.role))?.id
  if (order.kind === 'deactivate') return void (await deactivateUser(deps, order, 'by hand'))
  const user = await findUser(deps, order.id)
  const client = { fingerprint: '', userAgent: 'proof', ip: '' }
  const birth = { origin: 'password', isFresh: true } as const
  if (!user) throw new Error('there is no such user')
  for (let i = 0; i < order.count; i++) await inTransaction(deps, (deps) => startSession(deps, user, client, birth))
}

process.on('message', async ({ turn, order }: { turn: number; order: Order }) =>
  process.send?.({ turn, value: await obey(order) }),
)
process.on('disconnect', () => process.exit()) // nobody is left to ask
process.send?.({ turn: 0 })
