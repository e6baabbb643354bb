import type { Scope } from '@/model/users/roles'

export const scopeText: Record<Scope, string> = {
  'profile:read': 'Read your profile, sessions and tokens.',
  'profile:write': 'Change your name, end sessions and revoke tokens.',
}
