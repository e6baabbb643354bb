import type { Deps } from '@/deps/deps'
import { userLocks } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { revokeAllAccess } from '@/model/accounts/revoke-access'
import { changeEmailOf } from '@/model/accounts/change-email'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { resetFactorsOf } from '@/model/accounts/factors/reset-factors'
import { sendResetTo } from '@/model/accounts/send-reset'
import { deleteAccountNow, type OnUserDeleted } from '@/model/accounts/delete-account'
import { cancelDeletion, requestDeletion } from '@/model/accounts/request-deletion'
import { markVerified } from '@/model/accounts/verify-email'
import { unlockUser } from '@/model/accounts/unlock'
import { isMailOn } from '@/model/mails/request-mail'
import { deleteHits } from '@/model/limits/rate-limits'
import { networkFor } from '@/lib/ip-address'
import { findUserWithStatus, findUserByEmail } from '@/model/users/user-list'
import type { UserWithStatus } from '@/model/types'
import { canonicalEmail, validateEmail } from '@/lib/email-address'
import { canonicalName, validateName } from '@/model/users/name'
import { hashPassword } from '@/model/passwords/hash'
import { changePassword } from '@/model/accounts/change-password'
import { changeRole } from '@/model/users/roles'
import { createUser, findUser } from '@/model/users/users'
import { resealSecrets } from '@/model/accounts/factors/secret-keys'
import { formatDuration } from '@/lib/duration'
import { quantity } from '@/lib/quantity'
import { quote } from '@/lib/quote'
import { success, failure, type CommandOutput } from './output'
import { listUsersCommand } from './list-users'
import type { ParsedCommand } from './parse-args'
import { readPassword, type Input } from './read-password'
import type { CommandName } from './usage'

const ACTOR = 'command line'

type CommandHandler = (
  deps: Deps,
  command: ParsedCommand,
  input: Input,
  onUserDeleted?: OnUserDeleted,
) => Promise<CommandOutput>

type Rest<F> = F extends (first: never, ...rest: infer R) => unknown ? R : never

/** Reads the input only if the command needs a password. */
export const runCommand: CommandHandler = (deps, command, ...rest) => handlers[command.verb](deps, command, ...rest)

const create: CommandHandler = async (deps, { email, name, role }, input) => {
  const error = validateEmail(email) ?? validateName(name, 'a name')
  if (error) return failure(error)
  const password = await readPassword(deps, input, { email: canonicalEmail(email) ?? '', name: canonicalName(name) })
  if (password.kind === 'invalid') return failure(password.error)
  const user = await createUser(deps, { email, name, password: password.text }, role, { by: ACTOR })
  if (!user) return failure(`A user with the email ${quote(email)} already exists.`)
  return success(`${user.email} is a new user with the role ${role}.`, ...password.lines)
}

const withUser =
  (
    handler: (deps: Deps, user: UserWithStatus, ...rest: Rest<CommandHandler>) => Promise<CommandOutput>,
  ): CommandHandler =>
  async (deps, ...rest) => {
    const [command] = rest
    const user = await findUserByEmail(deps, command.email)
    return user ? handler(deps, user, ...rest) : failure(`No user with the email ${quote(command.email)}.`)
  }

const lastAdminError = ({ email }: UserWithStatus) =>
  failure(`${email} is the last active admin. Give another user the admin role first.`)

const setRole = withUser(async (deps, user, { role }) =>
  (await changeRole(deps, user, role, ACTOR)) ? success(`${user.email} has the role ${role}.`) : lastAdminError(user),
)

const deactivate = withUser(async (deps, user) =>
  (await deactivateUser(deps, user, ACTOR))
    ? success(`${user.email} is deactivated, and their sessions have ended.`)
    : lastAdminError(user),
)

const activate = withUser(async (deps, user) => {
  await activateUser(deps, user, ACTOR)
  return success(`${user.email} is active.`)
})

const changeEmail = withUser(async (deps, user, { newEmail }) => {
  const changed = await changeEmailOf(deps, user, newEmail, ACTOR)
  if (changed.kind === 'invalid') return failure(changed.error)
  return success(`${user.email} has the address ${(await findUser(deps, user.id))?.email} now. It is not confirmed.`)
})

const deleteUser = withUser(async (deps, user, { now }, _, onUserDeleted) => {
  if (now) {
    if (!(await deleteAccountNow(deps, user, ACTOR, onUserDeleted))) return lastAdminError(user)
    return success(`${user.email} is deleted.`)
  }
  if (!(await requestDeletion(deps, user, { by: ACTOR }))) return lastAdminError(user)
  return success(`${user.email} will be deleted in ${formatDuration(deps.config.deletionGrace)}.`)
})

const keepUser = withUser(async (deps, user) =>
  (await cancelDeletion(deps, user, ACTOR))
    ? success(`${user.email} will not be deleted.`)
    : failure(`No deletion of ${user.email} is scheduled.`),
)

const unlockAccount = withUser(async (deps, user) => {
  await unlockUser(deps, user, ACTOR)
  return success(`${user.email} is unlocked.`)
})

const unlock: CommandHandler = async (deps, command, input) => {
  const { source } = command
  if (source === '') return unlockAccount(deps, command, input)
  await deleteHits(deps, source)
  const network = networkFor(source)
  return success(network ? `${source} and its network ${network} are unlocked.` : `${source} is unlocked.`)
}

const resetPassword = withUser(async (deps, user, _, input) => {
  const password = await readPassword(deps, input, user)
  if (password.kind === 'invalid') return failure(password.error)
  const hash = await hashPassword(deps, password.text)
  const isDone = await inTransaction(
    deps,
    async (deps) => {
      // Read again: a concurrent password change has increased the version, and each change needs its own version.
      const current = await findUserWithStatus(deps, user.id)
      if (current?.email !== user.email) return false // the locks are those of the old address
      await changePassword(deps, current, hash, ACTOR)
      return true
    },
    { locks: userLocks(user) },
  )
  if (!isDone) return failure(`No user has the email ${quote(user.email)} any more.`)
  return success(`${user.email} has a new password, and their sessions have ended.`, ...password.lines)
})

/** Prints no link: only the owner of the mailbox may choose the password (ASVS 5.0, 6.4.6). */
const sendReset: CommandHandler = async (deps, command, input) => {
  if (!isMailOn(deps)) return failure('Email is off. Set MAIL_URL.')
  return queueReset(deps, command, input)
}

const queueReset = withUser(async (deps, user) => {
  await sendResetTo(deps, user, ACTOR)
  return success(`The server sends a password reset email to ${user.email}.`)
})

const verifyEmail = withUser(async (deps, user) => {
  await markVerified(deps, user, ACTOR)
  return success(`The address ${user.email} is confirmed.`)
})

const resetTwoStep = withUser(async (deps, user) => {
  const done = await resetFactorsOf(deps, user, ACTOR)
  if (done === 'locked-out')
    return failure(
      `${user.email} has no password, and email is off: without second factors they could not log in. First run: bun run user reset-password EMAIL`,
    )
  return success(
    `${user.email} has no second factors, and their sessions have ended.`,
    ...(done === 'reset' ? [] : ['They have no password. To send a link to choose one: bun run user send-reset EMAIL']),
  )
})

const reseal: CommandHandler = async (deps) => {
  const { resealed, failed, olderSets } = await resealSecrets(deps)
  if (failed > 0) return failure(`${quantity(failed, 'secret')} could not be read. The log names them.`)
  return success(
    `${quantity(resealed, 'secret')} moved to the newest key.`,
    olderSets === 0
      ? 'No recovery codes need an older key.'
      : `${quantity(olderSets, 'set')} of recovery codes still ${olderSets === 1 ? 'needs' : 'need'} an older key. Keep it until these users have new codes.`,
  )
}

const endAllSessions: CommandHandler = async (deps, { apiTokens }) => {
  const count = await revokeAllAccess(deps, ACTOR, { apiTokens })
  const what = apiTokens ? 'All sessions, remembered devices and API tokens' : 'All sessions and remembered devices'
  const hint = apiTokens ? [] : ['API tokens still work. --api-tokens revokes them, too.']
  return success(`${what} have ended, of ${count} ${count === 1 ? 'user' : 'users'}.`, ...hint)
}

const handlers: Record<CommandName, CommandHandler> = {
  create,
  list: listUsersCommand,
  role: setRole,
  deactivate,
  activate,
  unlock,
  'change-email': changeEmail,
  delete: deleteUser,
  'cancel-deletion': keepUser,
  'reset-password': resetPassword,
  'send-reset': sendReset,
  'verify-email': verifyEmail,
  'reset-two-step': resetTwoStep,
  reseal,
  'end-all-sessions': endAllSessions,
}
