import type { MailKind } from '@db/mail-tables'
import { readConfig } from '@/config/env'
import { openDeps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { enqueueMail } from '@/model/mails/mails'

/** Queues mails in the database of a server, as another process would. */
export async function queueMails(DATABASE_URL: string, kind: MailKind, recipients: string[]) {
  const config = readConfig({ DATABASE_URL, MAIL_URL: 'off', LOG_FORMAT: 'json' })
  const deps = await openDeps(config, { logTo: { write: () => undefined } })
  await inTransaction(
    deps,
    async (deps) => {
      for (const recipient of recipients) await enqueueMail(deps, { kind, recipient })
    },
    { locks: [] },
  )
  await deps.db.destroy()
}
