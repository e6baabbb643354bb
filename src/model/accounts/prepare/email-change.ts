import type { Schema } from '@db/schema'
import type { Deps } from '@/deps/deps'
import type { Code } from '@/model/one-time-tokens/codes'
import { issueOneTimeToken } from '@/model/one-time-tokens/one-time-tokens'
import { findReservation } from '@/model/users/reserved-emails'
import { findNotified, findOwner, OUTDATED, ready, type Mail, type PreparedMail, type Preparations } from './prepare'

export const emailChangePreparations: Preparations<
  'confirm-new-email' | 'email-change-requested' | 'email-changed-old' | 'email-changed-new'
> = {
  'confirm-new-email': prepareConfirmation,
  'email-change-requested': prepareRequested,
  'email-changed-old': prepareChangedOld,
  'email-changed-new': async (deps, mail) => ((await findNotified(deps, mail)) ? ready(mail, mail.kind) : OUTDATED),
}

/** To the new address. Only here the site learns whether another account has it. */
async function prepareConfirmation(deps: Deps, mail: Mail, code: Code): Promise<PreparedMail> {
  const change = await findOpenChange(deps, mail)
  if (!change) return OUTDATED
  const holder = await findHolder(deps, mail.recipient)
  const isFree = holder === undefined || holder.user_id === change.user_id
  // For an address of another account, the code is in no mail. So a wrong code costs the same time and has the same answer.
  const owner = { id: change.user_id, email: mail.recipient }
  const options = { codeHash: code.hash, flowHash: mail.flow_hash, emailChangeId: change.id }
  const token = await issueOneTimeToken(deps, 'change-email', owner, options)
  if (isFree) return ready(mail, 'confirm-new-email', { 'change-email': token }, code)
  return holder.isDeclined ? OUTDATED : { ...ready(mail, 'new-email-in-use'), dummyToken: token }
}

/** The account that has the address, or may still take it back. */
async function findHolder(deps: Deps, canonical: string) {
  const owner = await findOwner(deps, { user_id: null, recipient: canonical })
  if (owner) return { user_id: owner.id, isDeclined: owner.email_declined_at !== null }
  const reservation = await findReservation(deps, canonical)
  return reservation && { user_id: reservation.user_id, isDeclined: false }
}

async function prepareRequested(deps: Deps, mail: Mail): Promise<PreparedMail> {
  const owner = await findNotified(deps, mail)
  const change = await findOpenChange(deps, mail)
  return owner && change ? withUndo(deps, mail, change) : OUTDATED
}

async function prepareChangedOld(deps: Deps, mail: Mail): Promise<PreparedMail> {
  const change = await findChange(deps, mail)
  if (!change?.changed_at || change.undone_at !== null) return OUTDATED
  // An operator made a change without undo.
  return change.undo_expires_at === null ? ready(mail, mail.kind) : withUndo(deps, mail, change)
}

/** A mail about second factors. Its link can also undo the change of the address. */
export async function prepareForPreviousAddress(deps: Deps, mail: Mail): Promise<PreparedMail> {
  const change = await findChange(deps, mail)
  return change && change.undone_at === null ? withUndo(deps, mail, change) : OUTDATED
}

/** The link `This wasn’t me` also works after another change of the address or of the password. */
async function withUndo(deps: Deps, mail: Mail, change: Change): Promise<PreparedMail> {
  const { at = deps.now(), browser, ip } = mail.details
  const owner = { id: change.user_id, email: mail.recipient }
  const options = { emailChangeId: change.id, event: { kind: mail.kind, at, browser, ip } }
  return ready(mail, mail.kind, { 'secure-account': await issueOneTimeToken(deps, 'secure-account', owner, options) })
}

type Change = Pick<Schema['email_changes'], 'id' | 'user_id'>

const findChange = ({ db }: Deps, { email_change_id }: Mail) =>
  db
    .selectFrom('email_changes')
    .select(['id', 'user_id', 'changed_at', 'undo_expires_at', 'undone_at', 'cancelled_at'])
    .where('id', '=', email_change_id ?? '')
    .executeTakeFirst()

async function findOpenChange(deps: Deps, mail: Mail) {
  const change = await findChange(deps, mail)
  return change?.changed_at === null && change.cancelled_at === null ? change : undefined
}
