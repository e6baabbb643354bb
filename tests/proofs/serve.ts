import type { KyselyPlugin } from 'kysely'
import { createApp } from '@/app'
import { auth } from '@/auth'
import { readConfig, type Config } from '@/config/env'
import { openDeps } from '@/deps/deps'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { sha256 } from '@/lib/encoding'
import { engineOf, setEngine } from '@db/engine/engine'
import type { LinkPurpose } from '@db/mail-tables'
import { secureAccount } from '@/model/accounts/secure-account'
import { days } from '@/lib/duration'
import { deactivateUser } from '@/model/accounts/deactivate'
import { markVerified } from '@/model/accounts/verify-email'
import { requestDeletion } from '@/model/accounts/request-deletion'
import { insertFactorReset } from '@/model/factor-resets/factor-resets'
import { registrationOptions } from '@/model/passkeys/options'
import { startSession } from '@/model/sessions/sessions'
import { createUser, findUser } from '@/model/users/users'
import { startMailJob } from '@/mail-job'
import { issueOneTimeToken, type TokenOptions } from '@/model/one-time-tokens/one-time-tokens'
import { startRetentionJob } from '@/retention-job'
import { findPendingSignupOf } from '@/model/accounts/pending-sign-up'
import { requestSignUp } from '@/model/accounts/request-sign-up'
import type { Client, User } from '@/model/types'
import { requestMove } from '../support/email-changes'
import { addApp, addCodes, turnOnTwoStep } from '../support/add-factors'
import { addPasskey } from '../support/add-passkeys'
import { probe } from '../support/probe'
import type { ControlMessage, Person } from './site'

// The server of the proofs: `bun tests/proofs/serve.ts [cheap] [slow]`. It differs from `bun run start` in `settingsOf`, and
// its parent process can move the clock and change users.
const CHEAP = { memory: 8, time: 1 }

/**
 * Lets other requests run between two statements, as with a remote database. With a local file, one request completes before
 * the next begins, which hides races.
 */
const slowDatabase: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  async transformResult({ result }) {
    await Bun.sleep(Math.random() < 0.5 ? 0 : 1)
    return result
  },
}

const NONE = { source: [], network: [] }

/** The proofs send many requests from one source. */
const unlimited = {
  account: { freeAttempts: Infinity, firstDelay: 0, maxDelay: 0, max: Infinity },
  device: { freeAttempts: Infinity, firstDelay: 0, maxDelay: 0, max: Infinity },
  login: NONE,
  signup: NONE,
  'new-account': NONE,
  'data-export': NONE,
  'email-change': NONE,
  'code-attempt': NONE,
  'mail-request': NONE,
  'mail-recipient': [],
  'mail-unknown-recipient': [],
  notification: [],
  codes: { freeAttempts: Infinity, firstDelay: 0, maxDelay: 0, max: Infinity },
  codesOnDevice: { freeAttempts: Infinity, firstDelay: 0, maxDelay: 0, max: Infinity },
  'second-step': { source: [], network: [] },
  passkey: { source: [], network: [] },
  'new-factor': { source: [], network: [] },
  'factor-reset': { source: [], network: [] },
  'factor-reset-mail': [],
}

const isCheap = Bun.argv.includes('cheap')

const settingsOf = (config: Config): Config => ({
  ...config,
  ...(isCheap && { passwords: { ...config.passwords, cost: CHEAP }, recoveryCodes: { cost: CHEAP } }),
  limits: { ...unlimited },
})

let [offset, frozenAt] = [0, 0]
const config = readConfig()
const opened = await openDeps(settingsOf(config))
const db = Bun.argv.includes('slow') ? opened.db.withPlugin(slowDatabase) : opened.db
setEngine(db, engineOf(opened.db))
const deps = { ...opened, db, now: () => (frozenAt || Date.now()) + offset }
const { host, port } = config
// A connection may be idle for a while before its first request.
createApp(deps, { auth, features: [probe] }).app.listen({ hostname: host, port, reusePort: false, idleTimeout: 60 })
void startRetentionJob(deps, new AbortController().signal)
void startMailJob(deps, new AbortController().signal)

/** Without most limits per source, because most requests have one source. The clock stands still, so that no backoff ends. */
function setLimits(isOn: boolean) {
  frozenAt = isOn ? Date.now() : 0
  const { account, device, signup, codes, 'email-change': emailChange } = config.limits
  Object.assign(deps.config.limits, isOn ? { account, device, signup, codes, 'email-change': emailChange } : unlimited)
}

async function handle(message: ControlMessage) {
  if (message.kind === 'advance') return void (offset += message.ms)
  if (message.kind === 'limit') return setLimits(message.isOn)
  if (message.kind === 'email-login') return void (deps.config.emailLogin = message.isOn)
  if (message.kind === 'clock') return deps.now()
  if (message.kind === 'app-code') return apps.get(message.id)?.code()
  if (message.kind === 'create') return (await createUser(deps, message.person, message.role))?.id
  if (message.kind === 'deactivate') return void (await deactivateUser(deps, message, 'proof'))
  if (message.kind === 'attempts')
    return void (await deps.db.updateTable('one_time_tokens').set({ attempt_count: message.count }).execute())
  const client = { fingerprint: '', userAgent: 'proof', ip: '' }
  if (message.kind === 'sign-up') return signUp(message.person, client)
  const user = await findUser(deps, message.id)
  const start = { origin: 'password', amr: ['password'], isFresh: true } as const
  if (!user) throw new Error('user not found')
  const issue = (purpose: LinkPurpose, options?: TokenOptions) =>
    inTransaction(deps, (deps) => issueOneTimeToken(deps, purpose, user, options), { locks: userLocks(user) })
  if (message.kind === 'schedule-deletion') return requestDeletion(deps, user, { by: user.id })
  if (message.kind === 'reserve') return void (await reserve(user.id, message.email))
  if (message.kind === 'token' && message.flow) return issue(message.purpose, { flowHash: sha256(message.flow) })
  if (message.kind === 'two-step') return turnOn(user)
  if (message.kind === 'passkey') return void (await addPasskey({ deps }, user))
  if (message.kind === 'upgrade') return upgradeOptions(user)
  if (message.kind === 'token' && message.purpose === 'factor-reset-confirm')
    return issueForReset(user, message.purpose)
  if (message.kind === 'token' && message.purpose === 'factor-reset-finish')
    return issueForReset(user, message.purpose, deps.now())
  if (message.kind === 'token')
    return message.purpose === 'change-email' ? issueForChange(user) : issue(message.purpose)
  if (message.kind === 'verify') return markVerified(deps, user, user.id)
  if (message.kind === 'remove-password')
    return void (await deps.db.updateTable('users').set({ password_hash: null }).where('id', '=', user.id).execute())
  if (message.kind === 'secure') return void (await secureAccount(deps, await issue('secure-account'), '', client))
  for (let i = 0; i < message.count; i++)
    await inTransaction(deps, (deps) => startSession(deps, user, client, start), { locks: userLocks(user) })
}

/** As the mail job does for a sign-up that must be confirmed. */
async function signUp(person: Person, client: Client) {
  const requested = await requestSignUp(deps, person, client)
  const flow = requested.kind === 'requested' ? requested.flow : ''
  const pending = await findPendingSignupOf(deps, flow)
  const options = { pendingSignupId: pending?.id, flowHash: pending?.flow_hash }
  const token = await inTransaction(deps, (deps) => issueOneTimeToken(deps, 'sign-up', person, options), { locks: [] })
  return [flow, token]
}

/** As the mail job does for the new address. */
async function issueForChange(user: User) {
  const email = `new-${user.email}`
  const emailChangeId = await requestMove({ deps }, user, email)
  return inTransaction(deps, (deps) => issueOneTimeToken(deps, 'change-email', { ...user, email }, { emailChangeId }), {
    locks: [],
  })
}

/** For the newest session of the user. */
async function upgradeOptions(user: User) {
  const sessions = deps.db.selectFrom('sessions').select('id').where('user_id', '=', user.id)
  const session = await sessions.orderBy('created_at', 'desc').executeTakeFirstOrThrow()
  return registrationOptions(deps, user, session, 'upgrade')
}

const apps = new Map<string, Awaited<ReturnType<typeof addApp>>>()

async function turnOn(user: User) {
  const app = await addApp({ deps }, user)
  apps.set(user.id, app)
  const codes = await addCodes({ deps }, user)
  await turnOnTwoStep({ deps }, user)
  return [await app.code(), ...codes]
}

/** As the mail job does. With `dueAt`, the waiting period is over then. */
const issueForReset = (user: User, purpose: LinkPurpose, dueAt?: number) =>
  inTransaction(
    deps,
    async (deps) => {
      const reset = await insertFactorReset(deps, user, dueAt)
      return issueOneTimeToken(deps, purpose, user, { factorResetId: reset?.id })
    },
    { locks: userLocks(user) },
  )

/** As after a change of address that can still be undone. */
const reserve = (user_id: string, email: string) =>
  deps.db
    .insertInto('email_changes')
    .values({
      id: user_id,
      user_id,
      new_email: 'new@example.test',
      new_canonical_email: 'new@example.test',
      old_email: email,
      old_canonical_email: email,
      requested_at: deps.now(),
      changed_at: deps.now(),
      undo_expires_at: deps.now() + days(7),
    })
    .execute()

process.on('message', async ({ id, message }: { id: number; message: ControlMessage }) =>
  process.send?.({ id, value: await handle(message) }),
)
process.on('disconnect', () => process.exit())
process.send?.({ id: 0 })
