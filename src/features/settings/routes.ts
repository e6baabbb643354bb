import { Elysia } from 'elysia'
import type { Guards } from '@/web/guards'
import { passwordSettings } from './password/routes'
import { tokenSettings } from './tokens/routes'
import { SettingsPage } from './views'

export const settings = (guards: Guards) =>
  new Elysia({ prefix: '/settings' })
    .use(passwordSettings(guards))
    .use(tokenSettings(guards))
    .use(guards.loginRequired)
    .get('/', ({ can, reply }) => reply.page(SettingsPage({ can })))
