import { Elysia } from 'elysia'
import type { Guards } from '@/web/guards'

export const api = ({ nobody, can }: Guards) =>
  new Elysia({ prefix: '/api' })
    .use(new Elysia().use(nobody).get('/status', ({ reply }) => reply.json({ status: 'ok' })))
    .use(
      new Elysia()
        .use(can('profile:read'))
        .get('/me', ({ currentUser: { id, email, name, role }, reply }) =>
          reply.json({ id, email, name, roles: [role] }),
        ),
    )
