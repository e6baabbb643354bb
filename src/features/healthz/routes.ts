import { Elysia } from 'elysia'
import type { Guards } from '@/http/auth/guards'

export const healthz = ({ noSession }: Guards) =>
  new Elysia({ prefix: '/healthz' }).use(noSession).get('/', ({ reply }) => reply.text('ok'))
