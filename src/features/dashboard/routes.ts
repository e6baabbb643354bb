import { Elysia } from 'elysia'
import type { Guards } from '@/http/auth/guards'
import { DashboardPage } from './views'

export const dashboard = ({ loginRequired }: Guards) =>
  new Elysia({ prefix: '/dashboard' })
    .use(loginRequired)
    .get('/', ({ deps, currentUser, session, reply }) =>
      reply.page(DashboardPage({ user: currentUser, session, limits: deps.config.session })),
    )
