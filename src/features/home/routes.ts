import { Elysia } from 'elysia'
import type { Guards } from '@/web/guards'
import { HomePage } from './views'

export const home = ({ anyone }: Guards) =>
  new Elysia().use(anyone).get('/', ({ currentUser, reply }) => reply.page(HomePage({ name: currentUser?.name })))
