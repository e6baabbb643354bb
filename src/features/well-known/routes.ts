import { Elysia } from 'elysia'
import { days } from '@/lib/duration'
import type { Guards } from '@/http/auth/guards'
import { notFound } from '@/http/response/http-errors'

export const wellKnown = ({ noSession }: Guards) =>
  new Elysia({ prefix: '/.well-known' })
    .use(noSession)
    .get('/change-password', ({ reply }) => reply.redirect('/settings/password')) // W3C "A Well-Known URL for Changing Passwords"
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
