/** A browser as the server sees it. */
export type Client = {
  /** What SESSION_PROTECTION compares. */
  fingerprint: string
  /** What it calls itself. */
  userAgent: string
  /** Its address, shortened, as it may be kept. */
  address: string
  /** Whom it counts as, where one may do something only so often: its address, or the /64 that is. Only its hash is kept. */
  source?: string
  /** What it was given when somebody last logged in with it. */
  deviceToken?: string
}
