import { days, hours, minutes, seconds } from '@/lib/duration'

export type RateLimit = { max: number; window: number }

/** The alarm rejects no request: it reports that many sources attack at once. */
type RateLimits = { source: RateLimit[]; network: RateLimit[]; alarm?: RateLimit }

/** The delay doubles with each failure in a row. `max` failures lock the account or the known device. */
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
const SITE_ALARM = { max: 1000, window: minutes(10) } // 100,000 logins a day cause fewer failures by mistyping

type AllLimits = {
  account: Backoff
  device: Backoff
  codes: Backoff
  codesOnDevice: Backoff
  login: RateLimits
  signup: RateLimits
  'new-account': RateLimits
  'data-export': RateLimits
  'email-change': RateLimits
  'code-attempt': RateLimits
  'mail-request': RateLimits
  'mail-recipient': RateLimit[]
  'mail-unknown-recipient': RateLimit[]
  notification: RateLimit[]
  'second-step': RateLimits
  passkey: RateLimits
  'new-factor': RateLimits
  'factor-reset': RateLimits
  'factor-reset-mail': RateLimit[]
}

/** NIST SP 800-63B-4, section 3.2.2, allows at most 100 failures in a row. ASVS 5.0, 6.3.1, requires a documented limit. */
export const rateLimits = (): AllLimits => ({
  account: { freeAttempts: 5, firstDelay: seconds(1), maxDelay: minutes(15), max: 100 },
  device: { freeAttempts: 5, firstDelay: seconds(1), maxDelay: minutes(15), max: 10 },
  /** Wrong codes of second factors in a row, for an account and for a known device of it. */
  codes: { freeAttempts: 5, firstDelay: seconds(1), maxDelay: minutes(15), max: 100 },
  codesOnDevice: { freeAttempts: 5, firstDelay: seconds(1), maxDelay: minutes(15), max: 10 },
  login: { source: PER_SOURCE, network: PER_NETWORK, alarm: SITE_ALARM },
  /** Sign-ups with an email address that is taken: the response reveals that an account exists. */
  signup: { source: PER_SOURCE, network: PER_NETWORK, alarm: SITE_ALARM },
  /** A school class may create 30 accounts from one source. */
  'new-account': { source: [{ max: 100, window: days(1) }], network: [{ max: 1000, window: days(1) }] },
  /** The source is the user. */
  'data-export': { source: [{ max: 5, window: days(1) }], network: [] },
  /** The source is the user. */
  'email-change': { source: [{ max: 5, window: days(1) }], network: [] },
  /** Wrong codes of mails. */
  'code-attempt': { source: PER_SOURCE, network: PER_NETWORK },
  /** Forms that ask for a mail. */
  'mail-request': {
    source: [{ max: 20, window: hours(1) }],
    network: [{ max: 200, window: hours(1) }],
    alarm: { max: 2000, window: hours(1) },
  },
  /** For an address: the mails that forms ask for. Their recipients did not. */
  'mail-recipient': [
    { max: 3, window: hours(1) },
    { max: 10, window: days(1) },
  ],
  /** For the site: mails to addresses without an account. Providers block a server that writes to many of these. */
  'mail-unknown-recipient': [
    { max: 200, window: hours(1) },
    { max: 1000, window: days(1) },
  ],
  /** For a user and a kind of mail that reports an action in the account. */
  notification: [
    { max: 5, window: hours(1) },
    { max: 20, window: days(1) },
  ],
  'second-step': { source: PER_SOURCE, network: PER_NETWORK, alarm: SITE_ALARM },
  passkey: { source: PER_SOURCE, network: PER_NETWORK, alarm: SITE_ALARM },
  /** The source is the user. */
  'new-factor': { source: [{ max: 10, window: hours(1) }], network: [] },
  /** Waiting periods that started, which needs the mailbox. The source is the user. */
  'factor-reset': { source: [{ max: 3, window: days(30) }], network: [] },
  /** Requests of the password alone. The links of all of them work for a day, so an attacker cannot use up the last one. */
  'factor-reset-mail': [{ max: 3, window: days(1) }],
})

/** Without caps, one client could fill the disk. The caps in `inTotal` are approximate, except that of saved requests. */
export const rowCaps = () => ({
  perUser: {
    activeSessions: 50, // ASVS 5.0, 7.1.2
    endedSessions: 200,
    activeSeries: 50,
    endedSeries: 20,
    knownDevices: 50,
    activeApiTokens: 20,
    createdApiTokensPerDay: 100,
    endedApiTokens: 100,
    securityEventsPerGroup: 1000,
    pendingLogins: 20,
    passkeys: 20,
    authenticatorApps: 3,
  },
  /** Up to 64 KiB each, so 64 MiB in total. Several tabs of a browser may each have one. */
  savedRequests: { perBrowser: 10, perUser: 30, inTotal: 1000 },
  failedLoginsPerEmail: 1000,
  secretsPerSeries: 5000, // 160 restores a day for 30 days
  inTotal: {
    failedLogins: 1_000_000,
    loginFailures: 1_000_000,
    rateLimitHits: 1_000_000,
    mails: 1_000_000,
    pendingSignups: 1_000_000,
  },
  /** A larger batch would block other transactions for too long. */
  deletedAtOnce: 1000,
})
