import { SQL } from 'bun'
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
  let timer: Timer | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DatabaseUnreachableError('host search failed: no answer')), DEADLINE)
  })
  const states: Promise<HostState[]> = sql.unsafe(STATE).execute()
  try {
    const [state] = await Promise.race([states, late])
    if (!state) throw new Error('host search failed: no row')
    return state
  } catch (error) {
    if (hasNoFreeConnection(error)) return 'full'
    throw error
  } finally {
    clearTimeout(timer)
    states.catch(() => undefined) // the race has reported it
    await sql.close({ timeout: 0 })
  }
}
