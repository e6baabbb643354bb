import type { Context } from '@/http/types'
import type { LinkPages, Target } from './link'

/** Links of the purposes `verify-email` and `change-email`. */
export const existingAccountLinks: LinkPages = {
  render: async () => undefined,
  confirm: async () => undefined,
  decline: async () => undefined,
}

/** After a login with an unverified address. `id` is that of the token whose code was right. */
export const confirmLoginByCode = async (
  _context: Context,
  _token: { id: string },
  _target: Target,
): Promise<Response | undefined> => undefined
