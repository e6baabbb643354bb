import type { MailKind } from '@db/schema'
import type { Deps } from '@/deps/deps'
import { inTransaction } from '@/deps/transaction'
import { createCode } from '@/model/one-time-tokens/codes'
import { deletionPreparations } from './prepare/deletion'
import { emailChangePreparations } from './prepare/email-change'
import { loginCodePreparations } from './prepare/login-code'
import { notificationPreparations } from './prepare/notifications'
import { OUTDATED, ready, type Mail, type PreparedMail, type Prepare } from './prepare/prepare'
import { resetPreparations } from './prepare/reset'
import { securedPreparations } from './prepare/secured'
import { signUpPreparations } from './prepare/sign-up'
import { verificationPreparations } from './prepare/verification'

const preparations: Record<MailKind, Prepare> = {
  test: async (_, mail) => ready(mail, 'test'),
  ...signUpPreparations,
  ...verificationPreparations,
  ...resetPreparations,
  ...loginCodePreparations,
  ...emailChangePreparations,
  ...notificationPreparations,
  ...securedPreparations,
  ...deletionPreparations,
}

const KINDS_WITH_CODE: readonly MailKind[] = ['sign-up', 'verify-email', 'confirm-new-email', 'login-code']
const NO_CODE = { text: '', hash: '' }

/**
 * Decides what the recipient gets, and creates the token of its link. Only here an address becomes an account: no request
 * knows whether it has one.
 */
export async function prepareMail(deps: Deps, mail: Mail): Promise<PreparedMail> {
  const code = KINDS_WITH_CODE.includes(mail.kind) ? await createCode(deps) : NO_CODE
  return inTransaction(deps, async (deps) =>
    (await isDeclined(deps, mail)) ? OUTDATED : preparations[mail.kind](deps, mail, code),
  )
}

/** These give access to the account, and the owner of the mailbox may ask for it. */
const KINDS_AFTER_DECLINE: readonly MailKind[] = ['reset-password', 'login-code']

/** The owner of the mailbox said that the account is not theirs, and is told nothing more about it. */
async function isDeclined({ db }: Deps, { kind, user_id, recipient }: Mail) {
  if (user_id === null || KINDS_AFTER_DECLINE.includes(kind)) return false
  const declined = db.selectFrom('users').select('id').where('id', '=', user_id)
  const user = declined.where('canonical_email', '=', recipient).where('email_declined_at', 'is not', null)
  return (await user.executeTakeFirst()) !== undefined
}
