import type { Deps } from '@/deps/deps'
import { isActive } from '@/model/sessions/expiry'
import type { Session, User } from '@/model/types'

export type AccessSummary = {
  /** Active sessions. */
  sessions: number
  /** Remembered devices, with and without an active session. */
  rememberedDevices: number
  /** Active API tokens. */
  apiTokens: number
  apiTokenUsedAt: number | null
}

/**
 * In how many ways a user can enter the account without a password now; one statement. `except` leaves out a session and
 * its remembered device.
 */
export async function summarizeAccess(
  deps: Deps,
  { id }: Pick<User, 'id'>,
  except?: Pick<Session, 'id' | 'series_id'>,
): Promise<AccessSummary> {
  const at = deps.now()
  const row = await deps.db
    .selectNoFrom(({ selectFrom }) => [
      selectFrom('sessions')
        .select(({ fn }) => fn.countAll().as('n'))
        .where('user_id', '=', id)
        .where('id', '!=', except?.id ?? '')
        .where(isActive(deps))
        .as('sessions'),
      selectFrom('remember_series')
        .select(({ fn }) => fn.countAll().as('n'))
        .where('user_id', '=', id)
        .where('id', '!=', except?.series_id ?? '')
        .where('ended_at', 'is', null)
        .where('expires_at', '>', at)
        .as('rememberedDevices'),
      selectFrom('api_tokens')
        .select(({ fn }) => fn.countAll().as('n'))
        .where('user_id', '=', id)
        .where('revoked_at', 'is', null)
        .where('expires_at', '>', at)
        .as('apiTokens'),
      selectFrom('api_tokens')
        .select(({ fn }) => fn.max('last_used_at').as('at'))
        .where('user_id', '=', id)
        .where('revoked_at', 'is', null)
        .where('expires_at', '>', at)
        .as('apiTokenUsedAt'),
    ])
    .executeTakeFirstOrThrow()
  return {
    sessions: Number(row.sessions),
    rememberedDevices: Number(row.rememberedDevices),
    apiTokens: Number(row.apiTokens),
    apiTokenUsedAt: row.apiTokenUsedAt,
  }
}
