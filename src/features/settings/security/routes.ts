import { Elysia } from 'elysia'
import { doNotSave } from '@/http/auth/saved-request'
import type { Guards } from '@/http/auth/guards'
import { appSettings } from './app/routes'
import { passkeySettings } from './passkeys/routes'
import { passwordRemoval } from './password/remove/routes'
import { recoveryCodeSettings } from './recovery-codes/routes'
import { readNext } from './next'
import { securityPage } from './security-page'
import { trustedBrowserSettings } from './trusted-browsers/routes'
import { twoStepSettings } from './two-step/routes'

/** The forms are not saved for later: their codes and secrets expire sooner. */
export const securitySettings = (guards: Guards) =>
  new Elysia({ prefix: '/security', ...doNotSave })
    .use(appSettings(guards))
    .use(passkeySettings(guards))
    .use(passwordRemoval(guards))
    .use(recoveryCodeSettings(guards))
    .use(twoStepSettings(guards))
    .use(trustedBrowserSettings(guards))
    .use(guards.loginRequired)
    .get('/', async (context) => {
      readNext(context)
      return context.reply.page(await securityPage(context))
    })
