import type { MailKind } from '@db/mail-tables'
import type { Deps } from '@/deps/deps'
import { accountLocks, emailLock } from '@/deps/locks'
import { inTransaction } from '@/deps/transaction'
import { createCode } from '@/model/one-time-tokens/codes'
import { deletionPreparations } from './prepare/deletion'
import { emailChangePreparations } from './prepare/email-change'
import { loginCodePreparations } from './prepare/login-code'
import { notificationPreparations } from './prepare/notifications'
import { factorPreparations } from './prepare/factors'
import { factorResetPreparations } from './prepare/factor-resets'
import { findOwner, ready, type Mail, type PreparedMail, type Prepare } from './prepare/prepare'
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
  ...factorPreparations,
  ...factorResetPreparations,
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
  const userId = mail.user_id ?? (await findOwner(deps, mail))?.id
  return inTransaction(deps, (deps) => preparations[mail.kind](deps, mail, code), {
    locks: [emailLock(mail.recipient), ...accountLocks(userId)],
  })
}
