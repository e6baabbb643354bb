import { Elysia } from 'elysia'
import { SECURITY_PATH } from '@/lib/security-path'
import { revokeTrustedBrowsers } from '@/model/accounts/factors/trusted-browsers'
import type { Guards } from '@/http/auth/guards'

/** Asks for more proof at later logins, so it needs no fresh login. */
export const trustedBrowserSettings = ({ loginRequired }: Guards) =>
  new Elysia({ prefix: '/trusted-browsers' })
    .use(loginRequired)
    .post('/revoke', async ({ deps, client, currentUser, reply }) => {
      await revokeTrustedBrowsers(deps, currentUser, client)
      return reply.redirect(SECURITY_PATH, 'trusted-browsers-revoked')
    })
