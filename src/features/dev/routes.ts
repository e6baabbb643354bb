import { Elysia } from 'elysia'
import { clearDevMailbox, findDevMail, listDevMails, readEml } from '@/lib/dev-mailbox'
import type { Guards } from '@/http/auth/guards'
import { notFound } from '@/http/response/http-errors'
import { DevMailPage, MailboxPage } from './views'

/**
 * The sandbox gives the mail an origin of its own. So its links arrive as from a webmail: cross-site, without a referrer. And
 * a mail with markup that an attacker wrote could not act as a page of this site.
 */
const MAIL_HEADERS = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox",
  'referrer-policy': 'no-referrer',
}

/** For development only: `src/app.ts` mounts it if `MAIL_URL` is `mailbox:`, which production refuses. */
export const dev = ({ anyone }: Guards) =>
  new Elysia({ prefix: '/dev/mailbox' })
    .use(anyone)
    .get('/', async ({ deps, reply }) => reply.page(MailboxPage({ mails: await listDevMails(deps.mailboxFolder) })))
    .post('/clear', async ({ deps, reply }) => {
      await clearDevMailbox(deps.mailboxFolder)
      return reply.redirect('/dev/mailbox', 'deleted')
    })
    .get('/:id', async ({ deps, params, reply }) => {
      const mail = await findDevMail(params.id, deps.mailboxFolder)
      if (!mail) throw notFound()
      return reply.page(DevMailPage({ mail }))
    })
    .get('/:id/html', async ({ deps, params, reply }) => {
      const mail = await findDevMail(params.id, deps.mailboxFolder)
      if (!mail) throw notFound()
      return reply.file(mail.html, 'text/html; charset=utf-8', MAIL_HEADERS)
    })
    .get('/:id/eml', async ({ deps, params, reply }) => {
      const bytes = await readEml(params.id, deps.mailboxFolder)
      if (!bytes) throw notFound()
      return reply.file(bytes, 'message/rfc822', {
        'content-disposition': `attachment; filename="${params.id}.eml"`,
      })
    })
