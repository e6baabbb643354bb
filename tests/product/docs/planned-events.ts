/** Events that the reference does not describe yet. */
export type PlannedEvent =
  | 'factor-added'
  | 'factor-removed'
  | 'recovery-codes-created'
  | 'two-step-enabled'
  | 'two-step-disabled'
  | 'passkey-flagged'
  | 'password-set'
  | 'password-removed'
