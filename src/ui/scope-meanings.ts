import type { Scope } from '@/model/roles'

/** What each scope lets a token do, for the people who choose it. */
export const scopeMeanings: Record<Scope, string> = {
  'profile:read': 'read your profile, sessions and tokens',
  'profile:write': 'change your name, end sessions, revoke tokens',
}
