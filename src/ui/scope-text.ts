import type { Scope } from '@/model/users/roles'

export const scopeText: Record<Scope, string> = {
  'profile:read': 'read your profile, sessions and tokens',
  'profile:write': 'change your name, end sessions, revoke tokens',
}
