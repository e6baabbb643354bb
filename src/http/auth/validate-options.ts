import { days, seconds } from '@/lib/duration'
import type { AuthOptions } from '@/http/types/auth-options'

const [MIN_REMEMBER, MAX_REMEMBER] = [seconds(1), days(400)] // browsers cap cookie lifetimes at 400 days (RFC 6265bis)

export const isRememberDuration = (ms: number) => Number.isInteger(ms) && ms >= MIN_REMEMBER && ms <= MAX_REMEMBER

/** One line per invalid option. The type checker cannot find these; they weaken security or lock users out. */
export function validateOptions(
  { protection, rememberFor, passkeys, cookies: { sameSite, domain, path = '/' } = {} }: AuthOptions,
  cookieNames: string[],
  allLoginPaths: string[],
  host: string,
) {
  const uncovered = allLoginPaths.filter((loginPath) => !isWithin(loginPath, path))
  return [
    ...validateChoice('protection', protection, ['basic', 'strong', 'off']),
    ...validateChoice('cookies.sameSite', sameSite, ['lax', 'strict']),
    ...validateChoice('passkeys.upgrade', passkeys?.upgrade, ['ask', 'automatic', 'off']),
    ...unless(new Set(cookieNames).size === cookieNames.length, 'auth.cookies.names should differ from each other.'),
    ...unless(
      domain === undefined || isHostOrParent(domain, host),
      `auth.cookies.domain should be ${host}, or a name that this one is below.`,
    ),
    ...unless(
      uncovered.length === 0,
      `auth.cookies.path should be a path that every login page is below, unlike ${[...new Set(uncovered)].join(', ')}.`,
    ),
    ...unless(
      rememberFor === undefined || isRememberDuration(rememberFor),
      `auth.rememberFor should be a whole number of milliseconds from ${MIN_REMEMBER} to ${MAX_REMEMBER}.`,
    ),
  ]
}

const unless = (isValid: boolean, line: string) => (isValid ? [] : [line])

function validateChoice(name: string, value: string | undefined, choices: string[]) {
  const isValid = value === undefined || choices.includes(value)
  return unless(isValid, `auth.${name} should be ${choices.map((choice) => `"${choice}"`).join(' or ')}.`)
}

const isWithin = (path: string, parent: string) => path === parent || path.startsWith(parent.replace(/\/?$/, '/'))

// A browser rejects cookies for a whole top-level domain and for a part of an IP address. Then no login would work.
const isHostOrParent = (domain: string, host: string) =>
  domain === host || (/\.[a-z]/.test(domain) && host.endsWith(`.${domain}`))
