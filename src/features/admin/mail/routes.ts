import { Elysia } from 'elysia'
import { isTwoStepOn } from '@/model/factors/assurance'
import { hasPasswordOnly } from '@/model/factors/step-up'
import { listDailyCounts } from '@/model/mails/mail-counts'
import { cancelMail, listMails, mailSummary, retryMail } from '@/model/mails/mails'
import { withRecheck } from '@/http/auth/recheck'
import type { Guards } from '@/http/auth/guards'
import { notFound } from '@/http/response/http-errors'
import { menuTextOf } from './menu-text'
import { MailPage } from './views'

/** Mounted while mail is on. */
export const adminMail = (guards: Guards) =>
  new Elysia({ prefix: '/admin/mail' })
    .use(writeRoutes(guards))
    .use(guards.permissionRequired('mail:read'))
    .get('/', async ({ deps, currentUser, can, isFresh, factors, reply }) => {
      const summary = await mailSummary(deps)
      const page = MailPage({
        summary,
        mails: await listMails(deps),
        counts: await listDailyCounts(deps),
        transport: deps.config.mail.transport,
        now: deps.now(),
        canWrite: can('mail:write'),
        isFresh,
        isTwoStep: isTwoStepOn(currentUser),
        isPasswordOnly: hasPasswordOnly(await factors()),
      })
      return reply.page({ ...page, menuTexts: menuTextOf(summary.waiting) })
    })

const writeRoutes = ({ freshPermissionRequired }: Guards) =>
  new Elysia({ prefix: '/:id' })
    .use(freshPermissionRequired('mail:write'))
    .post('/retry', async ({ deps, params, session, reply }) => {
      const isDone = await withRecheck(deps, session, 'mail:write', (deps) => retryMail(deps, params.id))
      if (!isDone) throw notFound()
      return reply.redirect('/admin/mail', 'mail-retried')
    })
    .post('/cancel', async ({ deps, params, session, reply }) => {
      const isDone = await withRecheck(deps, session, 'mail:write', (deps) => cancelMail(deps, params.id))
      if (!isDone) throw notFound()
      return reply.redirect('/admin/mail', 'mail-cancelled')
    })
