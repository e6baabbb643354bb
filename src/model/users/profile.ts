import type { Updateable } from 'kysely'
import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import type { User } from '@/model/types'
import { userColumns } from './columns'
import { canonicalName, searchName, validateName } from './name'

type Columns = Updateable<Schema['users']>

interface ProfileField {
  validate: (typed: string) => string | undefined
  toColumns: (typed: string) => Columns
}

/** The fields that users change on `/profile` and with `PATCH /api/me`. */
const fields = {
  // Your fields

  // Fields of the core
  name: {
    validate: (typed: string) => validateName(typed),
    toColumns: (typed: string) => ({ name: canonicalName(typed), search_name: searchName(typed) }),
  },
} satisfies Record<string, ProfileField>

export type Profile = Record<keyof typeof fields, string>
export type ProfileErrors = Partial<Profile>

const isField = (name: string): name is keyof Profile => Object.hasOwn(fields, name)

/** The fields that are not in `typed` stay as they are. */
const typedFields = (typed: Partial<Profile>) =>
  Object.entries(typed).flatMap(([name, value]) => (isField(name) ? [{ name, value, ...fields[name] }] : []))

/** Returns undefined if all fields are valid. */
export function validateProfile(typed: Partial<Profile>): ProfileErrors | undefined {
  const errors = typedFields(typed).flatMap(({ name, value, validate }) => {
    const error = validate(value)
    return error === undefined ? [] : [[name, error] as const]
  })
  return errors.length === 0 ? undefined : Object.fromEntries(errors)
}

/** Returns the changed user. In a transaction, because only transactions are durable before the response. */
export function changeProfile(deps: Deps, user: User, typed: Partial<Profile>): Promise<User> {
  const columns = typedFields(typed).reduce<Columns>(
    (all, { value, toColumns }) => ({ ...all, ...toColumns(value) }),
    {},
  )
  return inTransaction(
    deps,
    async ({ db }) => {
      const changed = db.updateTable('users').set(columns).where('id', '=', user.id).returning(userColumns)
      return (await changed.executeTakeFirst()) ?? user
    },
    { locks: [] }, // one statement
  )
}
