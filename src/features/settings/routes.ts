import { Elysia } from 'elysia'
import { hasPasswordOnly } from '@/model/factors/step-up'
import { summarizeAccess } from '@/model/accounts/access-summary'
import { wantsNewDeviceMails } from '@/model/accounts/notification-settings'
import { findEmailState, shouldConfirmEmail } from '@/model/accounts/verify-email'
import { isMailOn } from '@/model/mails/request-mail'
import type { Guards } from '@/http/auth/guards'
import { activitySettings } from './activity/routes'
import { deleteSettings } from './delete/routes'
import { exportSettings } from './export/routes'
import { passwordSettings } from './password/routes'
import { securitySettings } from './security/routes'
import { sessionSettings } from './sessions/routes'
import { tokenSettings } from './tokens/routes'
import { SettingsPage } from './views'

export const settings = (guards: Guards) =>
  new Elysia({ prefix: '/settings' })
    .use(passwordSettings(guards))
    .use(securitySettings(guards))
    .use(tokenSettings(guards))
    .use(sessionSettings(guards))
    .use(activitySettings(guards))
    .use(exportSettings(guards))
    .use(deleteSettings(guards))
    .use(guards.loginRequired)
    .get('/', async ({ deps, currentUser, isFresh, factors, reply }) => {
      const found = await factors()
      return reply.page(
        SettingsPage({
          user: currentUser,
          access: await summarizeAccess(deps, currentUser),
          hasMail: isMailOn(deps),
          wantsNewDeviceMails: isMailOn(deps) && (await wantsNewDeviceMails(deps, currentUser)),
          emailState: deps.config.emailVerification === 'off' ? undefined : await findEmailState(deps, currentUser),
          shouldConfirmEmail: shouldConfirmEmail(deps, currentUser),
          isFresh,
          isPasswordOnly: hasPasswordOnly(found),
          hasPassword: found.hasPassword,
        }),
      )
    })
