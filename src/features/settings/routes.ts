import { Elysia } from 'elysia'
import type { Guards } from '@/web/guards'
import { passwordSettings } from './password/routes'
import { SettingsPage } from './views'

export const settings = (guards: Guards) =>
  new Elysia({ prefix: '/settings' })
    .use(passwordSettings(guards))
    .use(guards.loginRequired)
    .get('/', ({ reply }) => reply.page(SettingsPage()))
