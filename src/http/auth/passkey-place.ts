import { isLoopbackHost } from '@/lib/ip-address'
import { requestOptions } from '@/model/passkeys/options'
import { canUsePasskeys } from '@/model/passkeys/passkeys'
import type { User } from '@/model/types'
import type { PasskeyRequest } from '@/ui/passkey-form'
import type { Context } from '@/http/types/context'

/** `elsewhere`: in development the site also answers at other names of this computer, to which its passkeys do not belong. */
export type PasskeyPlace = 'here' | 'elsewhere' | 'nowhere'

export function passkeyPlace({ deps, request }: Pick<Context, 'deps' | 'request'>): PasskeyPlace {
  if (!canUsePasskeys(deps)) return 'nowhere'
  const { hostname } = new URL(request.url)
  return isLoopbackHost(hostname) && hostname !== new URL(deps.config.appUrl).hostname ? 'elsewhere' : 'here'
}

/** The request for the browser. Undefined if the user has no passkey of this site. */
export async function passkeyRequest(
  { deps, request }: Pick<Context, 'deps' | 'request'>,
  purpose: 'second-step' | 'reset' | 'step-up',
  binding: string,
  user: User,
): Promise<PasskeyRequest | undefined> {
  const place = passkeyPlace({ deps, request })
  if (place === 'nowhere') return undefined
  const options = await requestOptions(deps, { purpose, binding, user })
  if (!options.allowCredentials?.length) return undefined
  return place === 'here' ? { options } : { url: deps.config.appUrl }
}
