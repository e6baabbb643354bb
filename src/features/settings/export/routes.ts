import { Elysia } from 'elysia'
import { exportData } from '@/model/accounts/export-data'
import type { Guards } from '@/http/auth/guards'
import { authStatus } from '@/http/response/auth-status'
import { ExportPage } from './views'

export const exportSettings = ({ freshLoginRequired }: Guards) =>
  new Elysia({ prefix: '/export' })
    .use(freshLoginRequired)
    .get('/', ({ reply }) => reply.page(ExportPage({})))
    .post('/', async ({ deps, client, currentUser, internal, reply }) => {
      // `/resume` sends a saved form by htmx.
      if (!reply.canDownload()) return reply.redirect('/settings/export')
      const exported = await exportData(deps, currentUser, client)
      if (exported.kind === 'rate-limited')
        return reply.page(ExportPage({ limited: exported }), ...authStatus(exported))
      const app = await internal.auth.exportUserData(currentUser)
      const day = new Date(deps.now()).toISOString().slice(0, 10)
      return reply.download(`account-data-${day}.json`, { ...exported.data, app })
    })
