import type { Scope } from '@/model/roles'

/** What each scope lets a token do, for the people who choose it. */
export const scopeMeanings: Record<Scope, string> = {
  'profile:read': 'see your profile, sessions and tokens',
  'profile:write': 'change your name (and be told your profile), end sessions, revoke tokens',
}
