import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { findUserWithStatus, findUserByEmail } from '@/model/users/user-list'
import type { UserWithStatus } from '@/model/types'
import { canonicalEmail, validateEmail } from '@/model/users/email'
import { validateName } from '@/model/users/name'
import { hashPassword } from '@/model/passwords/hash'
import { changePassword } from '@/model/accounts/change-password'
import { changeRole } from '@/model/users/roles'
import { createUser } from '@/model/users/users'
import { success, quote, failure, type CommandOutput } from './output'
import { listUsersCommand } from './list-users'
import type { ParsedCommand } from './parse-args'
import { readPassword, type Input } from './read-password'
import type { CommandName } from './usage'

const ACTOR = 'command line'

type CommandHandler = (deps: Deps, order: ParsedCommand, input: Input) => Promise<CommandOutput>

/** Does what was ordered. The input is read only where a password is needed. */
export const runCommand: CommandHandler = (deps, order, input) => handlers[order.verb](deps, order, input)

const create: CommandHandler = async (deps, { email, name, role }, input) => {
  const flaw = validateEmail(email) ?? validateName(name, 'a name')
  if (flaw) return failure(flaw)
  const choice = await readPassword(deps, input, { email: canonicalEmail(email) ?? '', name })
  if (choice.kind === 'flawed') return failure(choice.flaw)
  const user = await createUser(deps, { email, name, password: choice.password }, role, { by: ACTOR })
  if (!user) return failure(`There is a user with the address ${quote(email)} already.`)
  return success(`${user.email} is a new user with the role ${role}.`, ...choice.summary)
}

/** Does it to the user with this address, if there is one. */
const withUser =
  (
    act: (deps: Deps, account: UserWithStatus, order: ParsedCommand, input: Input) => Promise<CommandOutput>,
  ): CommandHandler =>
  async (deps, order, input) => {
    const account = await findUserByEmail(deps, order.email)
    return account
      ? act(deps, account, order, input)
      : failure(`There is no user with the address ${quote(order.email)}.`)
  }

const lastAdminError = ({ email }: UserWithStatus) =>
  failure(`${email} is the last active admin: give somebody else the role admin first.`)

const setRole = withUser(async (deps, account, { role }) =>
  (await changeRole(deps, account, role, ACTOR))
    ? success(`${account.email} has the role ${role}.`)
    : lastAdminError(account),
)

const deactivate = withUser(async (deps, account) =>
  (await deactivateUser(deps, account, ACTOR))
    ? success(`${account.email} is deactivated, and their sessions have ended.`)
    : lastAdminError(account),
)

const activate = withUser(async (deps, account) => {
  await activateUser(deps, account, ACTOR)
  return success(`${account.email} is active.`)
})

const resetPassword = withUser(async (deps, account, _, input) => {
  const choice = await readPassword(deps, input, account)
  if (choice.kind === 'flawed') return failure(choice.flaw)
  const hash = await hashPassword(deps, choice.password)
  await inTransaction(deps, async (deps) => {
    // As it is by now: a change of password meanwhile has counted the version on, and two must not have the same.
    await changePassword(deps, (await findUserWithStatus(deps, account.id)) ?? account, hash, ACTOR)
  })
  return success(`${account.email} has a new password, and their sessions have ended.`, ...choice.summary)
})

const handlers: Record<CommandName, CommandHandler> = {
  create,
  list: listUsersCommand,
  role: setRole,
  deactivate,
  activate,
  'reset-password': resetPassword,
}
