import { findUser } from '@/model/users/users'
import type { AuthOptions } from '@/http/types/auth-options'
import { annAndEve } from './people'
import { addApp, addCodes, turnOnTwoStep } from './add-factors'

export { addApp, addCodes, turnOnTwoStep }

/** Ann has two-step verification with an authenticator app, and no recovery codes. */
export async function annWithApp(env?: Record<string, string>, auth?: AuthOptions) {
  const site = await annAndEve(env, auth)
  const app = await addApp(site, site.users.ann)
  return { ...(await withTwoStep(site)), app }
}

/** Ann has two-step verification with an authenticator app, and ten recovery codes. */
export async function annWithRecoveryCodes(env?: Record<string, string>, auth?: AuthOptions) {
  const site = await annAndEve(env, auth)
  const app = await addApp(site, site.users.ann)
  const codes = await addCodes(site, site.users.ann)
  return { ...(await withTwoStep(site)), app, codes }
}

/** Reads Ann again: her `factors_version` has changed. */
async function withTwoStep<T extends Awaited<ReturnType<typeof annAndEve>>>(site: T) {
  await turnOnTwoStep(site, site.users.ann)
  const found = await findUser(site.deps, site.users.ann.id)
  if (!found) throw new Error('ann is gone')
  return { ...site, users: { ...site.users, ann: found } }
}
