import { Elysia } from 'elysia'
import type { Guards } from '@/http/auth/guards'

export const healthz = ({ nobody }: Guards) =>
  new Elysia({ prefix: '/healthz' }).use(nobody).get('/', ({ reply }) => reply.text('ok'))
