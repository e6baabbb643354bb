import type { Deps } from '@/deps/deps'
import { quantity } from '@/lib/quantity'
import { countAppsByKey, resealApps } from '@/model/authenticator-apps/reseal'
import { countRecoverySetsByKey } from '@/model/recovery-codes/recovery-codes'

type CountByKey = { key_id: string; count: number | string | bigint }

const countWhere = (rows: CountByKey[], isCounted: (keyId: string) => boolean) =>
  rows.reduce((sum, { key_id, count }) => (isCounted(key_id) ? sum + Number(count) : sum), 0)

/**
 * Encrypts all secrets with the newest key. `olderSets`: sets of recovery codes that need an older key until their users have
 * new codes, because a hash cannot move.
 */
export async function resealSecrets(deps: Deps) {
  const apps = await resealApps(deps)
  const sets = await countRecoverySetsByKey(deps)
  return { ...apps, olderSets: countWhere(sets, (keyId) => keyId !== deps.keys.newestKeyId) }
}

/** At the start. Codes that need a missing key are refused, and two-step verification stays on (ASVS 5.0, 11.2.5). */
export async function reportMissingKeys(deps: Deps) {
  const isMissing = (keyId: string) => !deps.keys.hasKey(keyId)
  const apps = countWhere(await countAppsByKey(deps), isMissing)
  const sets = countWhere(await countRecoverySetsByKey(deps), isMissing)
  if (apps + sets === 0) return
  const what = `${quantity(apps, 'authenticator app')} and ${quantity(sets, 'set')} of recovery codes`
  deps.log.error({ apps, sets }, `${what} do not work: SECRET_KEYS lacks their keys`)
}
