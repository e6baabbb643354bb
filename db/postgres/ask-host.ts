import { SQL } from 'bun'
import { withDeadline } from './deadline'
import { DatabaseUnreachableError, hasNoFreeConnection } from './errors'
import type { HostState } from './hosts'

const DEADLINE = 1000

// The control file shows a new timeline only after a checkpoint, some time after the promotion.
const STATE = `
  select not pg_is_in_recovery() as "isPrimary",
    case when pg_is_in_recovery() then '' else substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end as timeline`

/** By a connection of its own: those of the pool may wait without end. */
export async function askHost(url: string): Promise<HostState | 'full'> {
  const sql = new SQL({ url, max: 1, connectionTimeout: DEADLINE / 1000 })
  const states: Promise<HostState[]> = sql.unsafe(STATE).execute()
  try {
    const [state] = await withDeadline(states, DEADLINE, () => {
      throw new DatabaseUnreachableError('host search failed: no answer')
    })
    if (!state) throw new Error('host search failed: no row')
    return state
  } catch (error) {
    if (hasNoFreeConnection(error)) return 'full'
    throw error
  } finally {
    await sql.close({ timeout: 0 })
  }
}
