import { Elysia } from 'elysia'
import type { Guards } from '@/http/auth/guards'
import { LogoutPage } from './views'

export const logout = ({ anyone }: Guards) =>
  new Elysia({ prefix: '/logout' })
    .use(anyone)
    .get('/', ({ currentUser, reply }) => reply.page(LogoutPage({ name: currentUser?.name })))
    .post('/', async ({ logOut, reply }) => {
      await logOut()
      return reply.redirect('/', 'logged-out')
    })
