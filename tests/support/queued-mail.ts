import type { Mail } from '@/model/accounts/prepare/prepare'

/** A mail as the mail job claims it. Each test states what matters to it. */
export const queuedMail = (fields: Pick<Mail, 'kind' | 'recipient'> & Partial<Mail>): Mail => ({
  user_id: null,
  pending_signup_id: null,
  email_change_id: null,
  flow_hash: null,
  details: {},
  occurrence_count: 1,
  password_version: null,
  attempt_count: 1,
  ...fields,
})
