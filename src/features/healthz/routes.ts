import { Elysia } from 'elysia'
import type { Guards } from '@/http/auth/guards'

export const healthz = ({ noSession }: Guards) =>
  new Elysia({ prefix: '/healthz' })
    .use(noSession)
    .get('/', ({ deps, reply }) =>
      deps.databaseError() === undefined ? reply.text('ok') : reply.text('database check failed', 503),
    )
