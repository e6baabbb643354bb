import type { Deps } from '@/deps/deps'
import { isTwoStepOn, missingFactor } from '@/model/factors/assurance'
import { secondFactorCount, type Factors } from '@/model/factors/step-up'
import { isUsable } from '@/model/passkeys/passkeys'
import type { User } from '@/model/types'

/** A visitor has none. */
export async function findFactors(
  deps: Deps,
  user: Pick<User, 'id' | 'two_step_enabled_at'> | undefined,
): Promise<Factors> {
  return { ...(await countFactors(deps, user?.id ?? '')), isTwoStep: user !== undefined && isTwoStepOn(user) }
}

/** Confirmed authenticator apps, and passkeys that work here. */
export const countSecondFactors = async (deps: Deps, { id }: Pick<User, 'id'>) =>
  secondFactorCount(await countFactors(deps, id))

/** One statement. */
async function countFactors(deps: Deps, id: string): Promise<Omit<Factors, 'isTwoStep'>> {
  const row = await deps.db
    .selectFrom('users')
    .select((users) => {
      const passkeys = (isVerifying: number) =>
        users
          .selectFrom('passkeys')
          .select(({ fn }) => fn.countAll().as('n'))
          .where('user_id', '=', id)
          .where(isUsable(deps))
          .where('is_user_verifying', '=', isVerifying)
      return [
        users('password_hash', 'is not', null).as('has_password'),
        passkeys(1).as('passkeys'),
        passkeys(0).as('security_keys'),
        users
          .selectFrom('authenticator_apps')
          .select(({ fn }) => fn.countAll().as('n'))
          .where('user_id', '=', id)
          .where('confirmed_at', 'is not', null)
          .as('apps'),
        users
          .selectFrom('recovery_codes')
          .select(({ fn }) => fn.countAll().as('n'))
          .where('user_id', '=', id)
          .where('is_active', '=', 1)
          .where('used_at', 'is', null)
          .as('codes'),
      ]
    })
    .where('id', '=', id)
    .executeTakeFirst()
  return {
    passkeys: Number(row?.passkeys ?? 0),
    securityKeys: Number(row?.security_keys ?? 0),
    apps: Number(row?.apps ?? 0),
    codesLeft: Number(row?.codes ?? 0),
    hasPassword: Boolean(row?.has_password),
    providers: [],
  }
}

/** Whether `MFA` requires a second factor that the user has not set up. Reads the database only for such a user. */
export async function isFactorSetUpMissing(deps: Deps, user: User) {
  const { mfa, emailLogin } = deps.config
  if (missingFactor(user, [], mfa) !== 'set-up') return false
  const { hasPassword, providers, passkeys } = await findFactors(deps, user)
  // A password and a passkey are not enough: the password alone still opens the account. So does a mailed code.
  const isSatisfied = !hasPassword && !emailLogin && providers.length === 0 && passkeys > 0
  return missingFactor(user, [], mfa, { isSatisfied }) === 'set-up'
}
