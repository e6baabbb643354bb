import { Elysia } from 'elysia'
import { summarizeAccess } from '@/model/accounts/access-summary'
import { shouldConfirmEmail } from '@/model/accounts/verify-email'
import type { Guards } from '@/http/auth/guards'
import { DashboardPage } from './views'

export const dashboard = ({ loginRequired }: Guards) =>
  new Elysia({ prefix: '/dashboard' }).use(loginRequired).get('/', async ({ deps, currentUser, reply }) =>
    reply.page(
      DashboardPage({
        user: currentUser,
        access: await summarizeAccess(deps, currentUser),
        isProduction: deps.config.production,
        shouldConfirmEmail: shouldConfirmEmail(deps, currentUser),
      }),
    ),
  )
