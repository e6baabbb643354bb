/** Events that the reference does not describe yet. */
export type PlannedEvent = 'passkey-flagged' | 'password-set' | 'password-removed'
