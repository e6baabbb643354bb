import type { Session } from '@/model/types'

/** The columns of the type `Session`. */
export const sessionColumns = [
  'sessions.id',
  'sessions.user_id',
  'sessions.token_hash',
  'sessions.previous_token_hash',
  'sessions.rotated_at',
  'sessions.started_by',
  'sessions.series_id',
  'sessions.fingerprint',
  'sessions.user_agent',
  'sessions.first_ip',
  'sessions.last_ip',
  'sessions.created_at',
  'sessions.authenticated_at',
  'sessions.reauthenticated_at',
  'sessions.last_seen_at',
  'sessions.forced_at',
  'sessions.rotation_due_at',
  'sessions.amr',
  'sessions.second_factor_at',
  'sessions.passkey_id',
] as const satisfies `sessions.${keyof Session}`[]
