import { Elysia, t } from 'elysia'
import { listEventsOf } from '@/model/security-events/event-list'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { ActivityPage } from './views'

const Cursor = t.Object({ before: textField, after: textField })

export const activitySettings = ({ loginRequired }: Guards) =>
  new Elysia({ prefix: '/activity' })
    .use(loginRequired)
    .get(
      '/',
      async ({ deps, currentUser, query, reply }) =>
        reply.page(ActivityPage(await listEventsOf(deps, currentUser, query))),
      { query: Cursor },
    )
