import { Elysia } from 'elysia'
import type { Guards } from '@/http/auth/guards'
import { changeAppRoutes } from './change/routes'
import { setupRoutes } from './setup/routes'

export const appSettings = (guards: Guards) =>
  new Elysia({ prefix: '/app' }).use(setupRoutes(guards)).use(changeAppRoutes(guards))
