import { Elysia } from 'elysia'
import { days } from '@/lib/duration'
import type { Guards } from '@/http/auth/guards'
import { notFound } from '@/http/response/http-errors'

export const wellKnown = ({ noSession }: Guards) =>
  new Elysia({ prefix: '/.well-known' })
    .use(noSession)
    .get('/change-password', ({ reply }) => reply.redirect('/settings/password')) // W3C: where password managers send people
    .get('/security.txt', ({ deps: { now, config }, reply }) => {
      if (config.securityContact === '') throw notFound()
      // As fresh as the site that says it: copies in caches and archives are what runs out (RFC 9116, section 2.5.5).
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
