import { inTransaction, type Deps } from '@/deps/deps'
import { activateUser, deactivateUser } from '@/model/accounts/deactivate'
import { findAccount, findAccountByEmail } from '@/model/users/user-list'
import type { Account } from '@/model/types'
import { canonicalEmail, flawInEmail } from '@/model/users/email'
import { flawInName } from '@/model/users/name'
import { hashPassword } from '@/model/passwords/hash'
import { changePassword } from '@/model/accounts/change-password'
import { changeRole } from '@/model/users/roles'
import { createUser } from '@/model/users/users'
import { done, quote, refused, type Answer } from './output'
import { listUsers } from './list-users'
import type { Order } from './parse-args'
import { choosePassword, type Input } from './read-password'
import type { Verb } from './usage'

const BY = 'command line'

type Doing = (deps: Deps, order: Order, input: Input) => Promise<Answer>

/** Does what was ordered. The input is read only where a password is needed. */
export const carryOut: Doing = (deps, order, input) => doings[order.verb](deps, order, input)

const create: Doing = async (deps, { email, name, role }, input) => {
  const flaw = flawInEmail(email) ?? flawInName(name, 'a name')
  if (flaw) return refused(flaw)
  const choice = await choosePassword(deps, input, { email: canonicalEmail(email) ?? '', name })
  if (choice.kind === 'flawed') return refused(choice.flaw)
  const user = await createUser(deps, { email, name, password: choice.password }, role, { by: BY })
  if (!user) return refused(`There is a user with the address ${quote(email)} already.`)
  return done(`${user.email} is a new user with the role ${role}.`, ...choice.tells)
}

/** Does it to the user with this address, if there is one. */
const toAccount =
  (act: (deps: Deps, account: Account, order: Order, input: Input) => Promise<Answer>): Doing =>
  async (deps, order, input) => {
    const account = await findAccountByEmail(deps, order.email)
    return account
      ? act(deps, account, order, input)
      : refused(`There is no user with the address ${quote(order.email)}.`)
  }

const spared = ({ email }: Account) =>
  refused(`${email} is the last active admin: give somebody else the role admin first.`)

const giveRole = toAccount(async (deps, account, { role }) =>
  (await changeRole(deps, account, role, BY)) ? done(`${account.email} has the role ${role}.`) : spared(account),
)

const deactivate = toAccount(async (deps, account) =>
  (await deactivateUser(deps, account, BY))
    ? done(`${account.email} is deactivated, and their sessions have ended.`)
    : spared(account),
)

const activate = toAccount(async (deps, account) => {
  await activateUser(deps, account, BY)
  return done(`${account.email} is active.`)
})

const resetPassword = toAccount(async (deps, account, _, input) => {
  const choice = await choosePassword(deps, input, account)
  if (choice.kind === 'flawed') return refused(choice.flaw)
  const hash = await hashPassword(deps, choice.password)
  await inTransaction(deps, async (deps) => {
    // As it is by now: a change of password meanwhile has counted the version on, and two must not have the same.
    await changePassword(deps, (await findAccount(deps, account.id)) ?? account, hash, BY)
  })
  return done(`${account.email} has a new password, and their sessions have ended.`, ...choice.tells)
})

const doings: Record<Verb, Doing> = {
  create,
  list: listUsers,
  role: giveRole,
  deactivate,
  activate,
  'reset-password': resetPassword,
}
