import type { EmailState } from '@/model/accounts/verify-email'

export const isDeclined = ({ email_verified_at, email_declined_at }: EmailState) =>
  email_verified_at === null && email_declined_at !== null

/** The problem of the address, for its user; undefined if there is none. */
export const emailWarningOf = (state: EmailState) =>
  isDeclined(state)
    ? 'The owner of this mailbox told us it isn’t yours. Please change your address.'
    : state.email_rejected_at === null
      ? undefined
      : 'Email to this address was rejected. Check the address, or change it.'

export const emailStateText = ({ email_verified_at }: Pick<EmailState, 'email_verified_at'>) =>
  email_verified_at === null ? 'not confirmed' : 'confirmed'
