import { seconds } from '@/lib/duration'
import { SESSIONS } from './fill'

/** How much is measured. */
export type Plan = ReturnType<typeof planOf>

const SMALL = 200 // users of the nearly empty database

/** The short form exercises everything and proves nothing: for CI. */
export const planOf = (isShort: boolean, users = isShort ? 2000 : 1_000_000) => ({
  rounds: isShort ? 1 : 3,
  ms: isShort ? 300 : seconds(2),
  loginMs: isShort ? 700 : seconds(4),
  stormMs: isShort ? 700 : seconds(8),
  batches: isShort ? 50 : 2000,
  starts: isShort ? 2 : 7,
  streams: isShort ? 50 : SMALL * SESSIONS,
  streamsWatchedFor: isShort ? seconds(1) : seconds(30), // longer than a beat, so that there is one in it
  users: { small: SMALL, medium: isShort ? 1000 : 20_000, large: users },
  /** Each page is asked for by another session of these. */
  people: { count: SMALL * SESSIONS, of: SMALL * SESSIONS },
})
