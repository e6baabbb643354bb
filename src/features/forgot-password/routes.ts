import { Elysia } from 'elysia'
import type { Guards } from '@/http/auth/guards'
import { ForgotPasswordPage } from './views'

export const forgotPassword = ({ guest }: Guards) =>
  new Elysia({ prefix: '/forgot-password' })
    .use(guest)
    .get('/', ({ deps, loginUrl, reply }) =>
      reply.page(ForgotPasswordPage({ loginUrl: loginUrl(), supportEmail: deps.config.supportEmail })),
    )
