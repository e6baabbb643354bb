import { Elysia, t } from 'elysia'
import { hasPasswordOnly } from '@/model/factors/step-up'
import { setNewDeviceMails, wantsNewDeviceMails } from '@/model/accounts/notification-settings'
import { withRecheck } from '@/http/auth/recheck'
import { textField } from '@/http/request/form-fields'
import type { Guards } from '@/http/auth/guards'
import { NotificationsPage, RecoveryHoldPage } from './views'

const Choice = t.Object({ new_device: textField })

export const notificationSettings = ({ loginRequired, freshLoginRequired }: Guards) =>
  new Elysia({ prefix: '/settings/notifications' })
    .use(
      new Elysia().use(loginRequired).get('/', async ({ deps, currentUser, isFresh, factors, reply }) =>
        reply.page(
          NotificationsPage({
            isWanted: await wantsNewDeviceMails(deps, currentUser),
            isFresh,
            isPasswordOnly: hasPasswordOnly(await factors()),
          }),
        ),
      ),
    )
    .use(freshLoginRequired)
    .post(
      '/',
      async ({ deps, client, currentUser, session, body, reply }) => {
        const hold = await withRecheck(deps, session, 'profile:write', (deps) =>
          setNewDeviceMails(deps, currentUser, body.new_device === 'yes', client),
        )
        if (hold) return reply.page(RecoveryHoldPage(hold), 409)
        return reply.redirect('/settings/notifications', 'notifications-saved')
      },
      { body: Choice },
    )
