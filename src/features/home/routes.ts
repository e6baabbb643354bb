import { Elysia } from 'elysia'
import type { Guards } from '@/http/auth/guards'
import { HomePage } from './views'

export const home = ({ anyone }: Guards) =>
  new Elysia().use(anyone).get('/', ({ deps, currentUser, loginUrl, signupUrl, reply }) => {
    const { branding, production } = deps.config
    const links = { loginUrl: loginUrl(), signupUrl: signupUrl() }
    return reply.page(HomePage({ branding, ...links, userName: currentUser?.name, isDevelopment: !production }))
  })
