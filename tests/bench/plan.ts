import { seconds } from '@/lib/duration'
import { SESSIONS_PER_USER } from './fill'

export type Plan = ReturnType<typeof planOf>

const SMALL = 200 // users of the nearly empty database

/** The short plan is for CI: it runs everything, but its figures are not reliable. */
export const planOf = (isShort: boolean, users = isShort ? 2000 : 1_000_000) => ({
  rounds: isShort ? 1 : 3,
  ms: isShort ? 300 : seconds(2),
  loginMs: isShort ? 700 : seconds(4),
  loginLoadMs: isShort ? 700 : seconds(8),
  mails: isShort ? 50 : 1000,
  batches: isShort ? 50 : 2000,
  starts: isShort ? 2 : 7,
  streams: isShort ? 50 : SMALL * SESSIONS_PER_USER,
  streamsMs: isShort ? seconds(1) : seconds(30), // longer than the heartbeat interval
  users: { small: SMALL, medium: isShort ? 1000 : 20_000, large: users },
  /** The sessions that request pages, in turn. */
  sessions: { count: SMALL * SESSIONS_PER_USER, of: SMALL * SESSIONS_PER_USER },
})
