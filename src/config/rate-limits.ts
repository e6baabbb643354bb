import { days, minutes, seconds } from '@/lib/duration'

/** At most `most` hits in any period of `within` milliseconds. */
export type RateLimit = { max: number; window: number }

/** The alarm refuses nobody: it reports that many sources attack at once. */
type RateLimits = { source: RateLimit[]; network: RateLimit[]; alarm?: RateLimit }

/** Failures in a row: the delay doubles from `firstWait` to `longestWait`; after `most` there are no more attempts. */
type Backoff = { freeAttempts: number; firstDelay: number; maxDelay: number; max: number }

const PER_SOURCE = [
  { max: 20, window: minutes(10) },
  { max: 100, window: days(1) },
]
// A /48 may belong to one customer or to many, so its limit is ten times that of one source.
const PER_NETWORK = [
  { max: 200, window: minutes(10) },
  { max: 2000, window: days(1) },
]
const SITE_ALARM = { max: 1000, window: minutes(10) } // typing errors of 100,000 users a day stay below it

type AllLimits = {
  account: Backoff
  device: Backoff
  login: RateLimits
  signup: RateLimits
  'new-account': RateLimits
}

/** NIST SP 800-63B-4, section 3.2.2, allows 100 failed attempts; ASVS 5.0, 6.3.1. */
export const rateLimits = (): AllLimits => ({
  account: { freeAttempts: 5, firstDelay: seconds(1), maxDelay: minutes(15), max: 100 },
  device: { freeAttempts: 5, firstDelay: seconds(1), maxDelay: minutes(15), max: 10 },
  login: { source: PER_SOURCE, network: PER_NETWORK, alarm: SITE_ALARM },
  /** A sign-up with an email address that is taken: its answer reveals an account. */
  signup: { source: PER_SOURCE, network: PER_NETWORK, alarm: SITE_ALARM },
  /** A school class may create 30 accounts from one source. */
  'new-account': { source: [{ max: 100, window: days(1) }], network: [{ max: 1000, window: days(1) }] },
})
