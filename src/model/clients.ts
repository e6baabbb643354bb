/** A browser as the server sees it. */
export type Client = {
  /** What SESSION_PROTECTION compares. */
  fingerprint: string
  /** What it calls itself. */
  userAgent: string
  /** Its address, shortened, as it may be kept. */
  address: string
  /** What tells it apart from those who wait with it: its whole address. Never kept. */
  source?: string
}
