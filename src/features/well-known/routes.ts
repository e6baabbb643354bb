import { Elysia } from 'elysia'
import type { Guards } from '@/web/guards'

export const wellKnown = ({ nobody }: Guards) =>
  new Elysia({ prefix: '/.well-known' })
    .use(nobody)
    .get('/change-password', ({ reply }) => reply.go('/settings/password')) // W3C: where password managers send people
