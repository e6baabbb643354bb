import { days } from '@/lib/duration'
import { MAX_TOKEN_DAYS } from '@/model/api-tokens/api-tokens'

export const DEFAULT_DAYS = '90'

/** The value of `expires_days` that refers to the date in `expires_on`. */
export const CUSTOM = 'custom'

type Expiry = { expires_days: string; expires_on: string }

/** The lifetime in milliseconds, or the error of a field. */
export function parseExpiry({ expires_days, expires_on }: Expiry, now: number) {
  if (expires_days.trim() === CUSTOM) {
    const lifetime = lifetimeUntil(expires_on.trim(), now)
    const { min, max } = customDates(now)
    return lifetime === undefined ? { expires_on: `Choose a date from ${min} to ${max}.` } : { lifetime }
  }
  const lifetime = lifetimeOf(expires_days.trim() || DEFAULT_DAYS)
  return lifetime === undefined
    ? { expires_days: `Use a whole number of days from 1 to ${MAX_TOKEN_DAYS}.` }
    : { lifetime }
}

const lifetimeOf = (number: string) =>
  /^\d{1,3}$/.test(number) && Number(number) >= 1 && Number(number) <= MAX_TOKEN_DAYS ? days(Number(number)) : undefined

/** Until the end of the day in UTC: the server does not know the time zone of the browser. */
function lifetimeUntil(date: string, now: number) {
  const start = Date.parse(`${date}T00:00:00Z`)
  if (Number.isNaN(start) || toDate(start) !== date) return undefined // February 30 is March 2 for some parsers
  const lifetime = start + days(1) - now
  return lifetime > 0 && lifetime <= days(MAX_TOKEN_DAYS) ? lifetime : undefined
}

const toDate = (at: number) => new Date(at).toISOString().slice(0, 10)

/** The first and the last date that `parseExpiry` accepts. */
export const customDates = (now: number) => ({ min: toDate(now), max: toDate(now + days(MAX_TOKEN_DAYS - 1)) })

/** The expiry as the choices of the form show it: another number of days becomes a date. */
export function toChoice({ expires_days, expires_on }: Expiry, choices: readonly string[], now: number): Expiry {
  const chosen = expires_days.trim() || DEFAULT_DAYS
  if (choices.includes(chosen)) return { expires_days: chosen, expires_on }
  const lifetime = lifetimeOf(chosen)
  const date = lifetime === undefined ? '' : toDate(now + lifetime - days(1))
  return { expires_days: CUSTOM, expires_on: expires_on || date }
}
