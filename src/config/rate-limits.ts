import { days, minutes, seconds } from '@/lib/duration'

/** At most `most` hits in any period of `within` milliseconds. */
export type RateLimit = { most: number; within: number }

/** The alarm refuses nobody: it reports that many sources attack at once. */
type RateLimits = { source: RateLimit[]; network: RateLimit[]; alarm?: RateLimit }

/** Failures in a row: the delay doubles from `firstWait` to `longestWait`; after `most` there are no more attempts. */
type Backoff = { free: number; firstWait: number; longestWait: number; most: number }

const BY_HAND = [
  { most: 20, within: minutes(10) },
  { most: 100, within: days(1) },
]
// A /48 may belong to one customer or to many, so its limit is ten times that of one source.
const BY_MANY = [
  { most: 200, within: minutes(10) },
  { most: 2000, within: days(1) },
]
const BY_ALL = { most: 1000, within: minutes(10) } // typing errors of 100,000 users a day stay below it

type AllLimits = {
  account: Backoff
  device: Backoff
  login: RateLimits
  signup: RateLimits
  'new-account': RateLimits
}

/** NIST SP 800-63B-4, section 3.2.2, allows 100 failed attempts; ASVS 5.0, 6.3.1. */
export const decideLimits = (): AllLimits => ({
  account: { free: 5, firstWait: seconds(1), longestWait: minutes(15), most: 100 },
  device: { free: 5, firstWait: seconds(1), longestWait: minutes(15), most: 10 },
  login: { source: BY_HAND, network: BY_MANY, alarm: BY_ALL },
  /** A sign-up with an email address that is taken: its answer reveals an account. */
  signup: { source: BY_HAND, network: BY_MANY, alarm: BY_ALL },
  /** A school class may create 30 accounts from one source. */
  'new-account': { source: [{ most: 100, within: days(1) }], network: [{ most: 1000, within: days(1) }] },
})
