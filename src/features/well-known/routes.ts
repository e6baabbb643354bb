import { Elysia } from 'elysia'
import { days } from '@/lib/duration'
import { canUsePasskeys } from '@/model/passkeys/passkeys'
import type { Guards } from '@/http/auth/guards'
import { notFound } from '@/http/response/http-errors'

export const wellKnown = ({ noSession }: Guards) =>
  new Elysia({ prefix: '/.well-known' })
    .use(noSession)
    .get('/change-password', ({ reply }) => reply.redirect('/settings/password')) // W3C "A Well-Known URL for Changing Passwords"
    // W3C "A Well-Known URL for Relying Party Passkey Endpoints": password managers link to these pages.
    .get('/passkey-endpoints', ({ deps, reply }) => {
      if (!canUsePasskeys(deps)) throw notFound()
      const manage = `${deps.config.appUrl}/settings/security`
      return reply.json({ enroll: `${manage}/passkeys/new`, manage })
    })
    .get('/security.txt', ({ deps: { now, config }, reply }) => {
      if (config.securityContact === '') throw notFound()
      // Computed per request, so that only copies in caches and archives expire (RFC 9116, section 2.5.5).
      const expires = new Date(now() + days(90)).toISOString()
      return reply.text(
        [
          `Contact: ${config.securityContact}`,
          `Expires: ${expires}`,
          'Preferred-Languages: en',
          `Canonical: ${config.appUrl}/.well-known/security.txt`,
          '',
        ].join('\n'),
      )
    })
