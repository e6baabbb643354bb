import { Elysia } from 'elysia'
import type { Guards } from '@/http/auth/guards'
import { ApiPage } from './views'

export const apiDocs = ({ anyone }: Guards) =>
  new Elysia().use(anyone).get('/docs', ({ deps, reply }) => reply.page(ApiPage(deps.config)))
