import { Elysia } from 'elysia'
import type { Guards } from '@/http/auth/guards'
import { HomePage } from './views'

export const home = ({ anyone }: Guards) =>
  new Elysia().use(anyone).get('/', ({ deps, currentUser, loginUrl, reply }) => {
    const { branding } = deps.config
    return reply.page(HomePage({ branding, loginUrl: loginUrl(), userName: currentUser?.name }))
  })
