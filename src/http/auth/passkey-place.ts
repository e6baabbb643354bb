import { isLoopbackHost } from '@/lib/ip-address'
import { canUsePasskeys } from '@/model/passkeys/passkeys'
import type { Context } from '@/http/types'

/** `elsewhere`: in development the site also answers at other names of this computer, to which its passkeys do not belong. */
export type PasskeyPlace = 'here' | 'elsewhere' | 'nowhere'

export function passkeyPlace({ deps, request }: Pick<Context, 'deps' | 'request'>): PasskeyPlace {
  if (!canUsePasskeys(deps)) return 'nowhere'
  const { hostname } = new URL(request.url)
  return isLoopbackHost(hostname) && hostname !== new URL(deps.config.appUrl).hostname ? 'elsewhere' : 'here'
}
