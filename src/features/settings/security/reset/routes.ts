import { Elysia } from 'elysia'
import { SECURITY_PATH } from '@/lib/security-path'
import { cancelFactorReset } from '@/model/accounts/factors/cancel-factor-reset'
import type { Guards } from '@/http/auth/guards'
import { doNotSave } from '@/http/auth/saved-request'

/**
 * Needs no fresh login, and no factor: stopping the removal opens nothing, and must be quick. A remembered device may do it,
 * too. An attacker with such a device can only delay the removal: a new password ends the access of that device.
 */
export const resetCancellation = ({ loginRequired }: Guards) =>
  new Elysia({ prefix: '/settings/security/reset', ...doNotSave })
    .use(loginRequired)
    .post('/cancel', async ({ deps, client, currentUser, reply }) => {
      await cancelFactorReset(deps, currentUser, currentUser.id, client)
      return reply.redirect(SECURITY_PATH, 'factor-reset-cancelled')
    })
